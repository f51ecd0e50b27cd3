import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecret, hashSecret } from '../../src/credentials/secret.ts'
import { type Figure, toFigure } from './figure.ts'
import { FIRST_ID, insertMany } from './fill.ts'
import { measureRate, median } from './load.ts'
import { distinct, PATH, residentMib } from './token-requests.ts'
import { startTokenWorld, type TokenWorld } from './token-world.ts'

const USERS = 1_000_000
const PROJECTS = 100_000
const MEMBERSHIPS = 1_000_000
const TOKENS = 200_000
const ROUNDS = 3
const SECONDS = 4

async function fill({ database }: TokenWorld): Promise<void> {
  await insertMany(
    database,
    USERS,
    (from, to) =>
      `INSERT INTO users (id, username, source, version, created_at, updated_at)
       SELECT ${FIRST_ID} + seq, CONCAT('large', seq), 'local', 1, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)
         FROM seq_${from}_to_${to}`,
  )
  await insertMany(
    database,
    PROJECTS,
    (from, to) =>
      `INSERT INTO projects (id, name, visibility, version, created_at, updated_at)
       SELECT ${FIRST_ID} + seq, CONCAT('large', seq), 'private', 1, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)
         FROM seq_${from}_to_${to}`,
  )
  await insertMany(
    database,
    MEMBERSHIPS,
    (from, to) =>
      `INSERT INTO members (project_id, member_kind, member_id, role, created_at, updated_at)
       SELECT ${FIRST_ID} + (seq % ${PROJECTS}) + 1, 'user', ${FIRST_ID} + seq, 'developer',
              UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)
         FROM seq_${from}_to_${to}`,
  )
}

const rateOf = (world: TokenWorld): Promise<number> =>
  measureRate(world.dir, { url: world.wardenUrl, script: distinct(1), seconds: SECONDS })

/** The same 1,000 warm subjects, among a million users and among a hundred. */
async function compareSizes(small: TokenWorld, large: TokenWorld): Promise<Figure> {
  await rateOf(small)
  await rateOf(large)
  const pairs: { readonly large: number; readonly small: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    pairs.push({ large: await rateOf(large), small: await rateOf(small) })
  }
  const ratio = median(pairs.map((pair) => pair.large / pair.small))
  const value = median(pairs.map((pair) => pair.large))
  const measured = {
    what: '1,000 warm subjects among 1,000,000 users, 100,000 projects and 1,000,000 members',
    value,
    unit: '/s',
    against: 'the same among few',
  } as const
  return toFigure({ ...measured, reference: value / ratio }, { atLeast: 0.9 })
}

const memoryFigure = (what: string, pid: number, mostMib: number): Figure =>
  toFigure(
    {
      what,
      value: residentMib(pid),
      unit: 'MiB',
      against: `${mostMib} MiB`,
      reference: mostMib,
    },
    { atMost: 1 },
  )

/** @returns path of a file with a line for each: the request that uses it, from its path on */
async function makeTokens({ database, dir }: TokenWorld): Promise<string> {
  const { id } = await database('users').where({ username: 'warm1' }).first('id')
  const secrets = Array.from({ length: TOKENS }, () => createSecret('accessToken'))
  const rows = secrets.map((secret, n) => ({
    user_id: id,
    name: `large ${n}`,
    secret_hash: hashSecret(secret),
    created_at: new Date(),
  }))
  await database.batchInsert('access_tokens', rows, 2500)
  const path = join(dir, 'tokens')
  const lines = secrets.map((secret) => Buffer.from(`warm1:${secret}`).toString('base64'))
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

const everyToken = (path: string): string => `
local tails = {}
for line in io.lines("${path}") do tails[#tails + 1] = line end
local n = 0
request = function()
  n = n + 1
  return "GET ${PATH}&scope=repository:bench/app:pull HTTP/1.1\\r\\nHost: localhost\\r\\nAuthorization: Basic " .. tails[n % #tails + 1] .. "\\r\\n\\r\\n"
end`

/** Sends every token at least once, and says what is resident then. */
async function measureManyTokens(world: TokenWorld): Promise<Figure> {
  const script = everyToken(await makeTokens(world))
  let sent = 0
  while (sent < TOKENS) {
    const seconds = 60
    sent += (await measureRate(world.dir, { url: world.wardenUrl, script, seconds })) * seconds
  }
  const what = `resident memory after ${TOKENS.toLocaleString('en')} different access tokens`
  return memoryFigure(what, world.wardenPid, 300)
}

/** Figures of an installation that has grown, and of one whose every client has its own token. */
export async function largeFigures(
  small: TokenWorld,
  tell: (line: string) => void,
): Promise<readonly Figure[]> {
  const large = await startTokenWorld(0)
  try {
    await fill(large)
    tell('the same requests at both')
    const figures = [await compareSizes(small, large)]
    figures.push(memoryFigure('resident memory with a million users', large.wardenPid, 200))
    tell('every access token of two hundred thousand')
    return [...figures, await measureManyTokens(large)]
  } finally {
    await large.stop()
  }
}
