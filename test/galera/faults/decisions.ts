import { randomBytes } from 'node:crypto'
import { apiRequest } from '../../faults/client.ts'
import { NODES } from '../../faults/databases.ts'
import type { Fault, Stage } from '../../faults/fault.ts'
import { must } from '../../faults/people.ts'
import { countConflicts, readTables } from '../status.ts'
import { atWarden, sendUntil } from '../wardens.ts'

const ROUNDS = 40
const KNOWN_MS = 5000
const POLICY = { rules: [{ template: 'latestPushed', k: 1 }] }
const ORPHANS = `SELECT COUNT(*) AS count FROM retention_policies AS policy
  LEFT JOIN projects ON projects.id = policy.project_id WHERE projects.id IS NULL`

const countOf = (statuses: readonly number[], wanted: number): number =>
  statuses.filter((status) => status === wanted).length

/** As one process has it. */
async function readTag({ site, load }: Stage, path: string): Promise<string> {
  const { headers } = await load.client.send(atWarden(site, 0, apiRequest('GET', path)))
  return String(headers.etag)
}

/** Every process is to change what has this tag. @returns the tag of what one of them made of it */
async function changeOnce(stage: Stage, path: string, etag: string): Promise<string> {
  const { site, load, miss } = stage
  const answers = await Promise.all(
    [...NODES.keys()].map((n) => {
      const displayName = `by ${n}, ${randomBytes(6).toString('hex')}`
      const request = apiRequest('PATCH', path, { displayName })
      const headers = { ...request.headers, 'if-match': etag }
      return load.client.send(atWarden(site, n, { ...request, headers }))
    }),
  )
  const statuses = answers.map(({ status }) => status)
  const next = answers.find(({ status }) => status === 200)?.headers.etag
  if (typeof next === 'string' && countOf(statuses, 412) === NODES.length - 1) return next
  miss(`of three changes of one state one is made, not ${statuses.join(' ')}`)
  return readTag(stage, path)
}

async function changeInTurn(stage: Stage): Promise<void> {
  const { site, load } = stage
  const username = `decided-${Math.round(performance.now())}`
  const password = randomBytes(12).toString('base64url')
  const json = { username, password }
  await load.client.send(atWarden(site, 0, apiRequest('POST', '/users', json)))
  const path = `/users/${username}`
  let etag = await readTag(stage, path)
  for (let n = 0; n < ROUNDS; n++) etag = await changeOnce(stage, path, etag)
}

/** Ends a project through one node, and gives it rules of retention through another. @returns the status of these */
async function endAndChange({ site, load, miss }: Stage, project: string): Promise<number> {
  await must(load.client, 'POST', '/projects', { name: project })
  const path = `/projects/${project}`
  for (const n of [0, 1]) {
    const read = atWarden(site, n, apiRequest('GET', path))
    await sendUntil(
      () => load.client.send(read),
      ({ status }) => status === 200,
      KNOWN_MS,
    )
  }
  const requests = [
    atWarden(site, 0, apiRequest('DELETE', `${path}?force=true`)),
    atWarden(site, 1, apiRequest('PUT', `${path}/retention`, POLICY)),
  ]
  const [ended, changed] = await Promise.all(requests.map(load.client.send))
  if (ended?.status !== 204) miss(`a project ends, not ${ended?.status} ${ended?.text}`)
  if (changed?.status !== 200 && changed?.status !== 404) {
    miss(`rules are set or there is no project, not ${changed?.status} ${changed?.text}`)
  }
  return changed?.status ?? 0
}

/**
 * What one node decides on by what another one is about to change: three changes under one `If-Match`, and
 * rules for a project that ends. A lock of a row would hold on one node alone.
 */
export const decideAtOnce: Omit<Fault, 'name'> = {
  goal: 'no request fails',
  act: async (stage) => {
    const { site, tell, miss } = stage
    const before = await countConflicts(site.place)
    await changeInTurn(stage)
    const name = `ends-${Math.round(performance.now())}`
    const statuses: number[] = []
    for (let n = 0; n < ROUNDS; n++) statuses.push(await endAndChange(stage, `${name}-${n}`))
    const conflicts = (await countConflicts(site.place)) - before
    const [row] = await readTables<{ readonly count: number }>(site.place, 'node-1', ORPHANS)
    tell(`${ROUNDS} times three changes under one If-Match through three nodes at once`)
    tell(
      `${ROUNDS} projects ended through one node while another set rules for them: ${countOf(statuses, 200)} rules were set before, ${countOf(statuses, 404)} refused`,
    )
    tell(`${conflicts} transactions run again meanwhile`)
    if (conflicts === 0) miss('nodes had to give up transactions')
    if (row?.count !== 0) miss(`no rules are left of a project that ended, but ${row?.count}`)
  },
}
