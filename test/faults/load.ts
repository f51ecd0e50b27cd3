import type { Answer } from '../e2e/nothing-lost/transport.ts'
import { createGenerator } from '../support/generate.ts'
import { ALICE, GINA, type Person } from '../support/stack.ts'
import { type Client, createClient, readGrant, tokenRequest } from './client.ts'
import { createGuard, type Guard } from './guard.ts'
import { createImages } from './images.ts'
import { createJournal, type Journal } from './journal.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { DISABLED, makePeople, makeRobot, PULLED, REPOSITORIES, VICTIM } from './people.ts'
import { createWrites, type Writes } from './writes.ts'

const SEED = 7
/** Robots that have never asked, for the time in which none can be made. */
const STOCK = 60

/** Begun so often, however long each takes. */
const EVERY_MS = { warm: 100, cold: 1500, push: 900, pull: 400, write: 350, stranger: 200 } as const

/** Steady mixed load on the whole stack, through nginx. */
export interface Load {
  readonly client: Client
  readonly journal: Journal
  readonly ledger: Ledger
  readonly guard: Guard
  readonly writes: Writes
  /** Lets every warden know those who ask for warm tokens. */
  readonly warmUp: (wardenUrls: readonly string[]) => Promise<void>
  /** Ends when all is answered. */
  readonly stop: () => Promise<void>
}

interface WarmAsk {
  readonly person: Person
  readonly scope: string
}

const warmAsks = (robot: Person): readonly WarmAsk[] => [
  { person: GINA, scope: `repository:${PULLED}:pull` },
  { person: robot, scope: `repository:${PULLED}:pull` },
  ...REPOSITORIES.map((name) => ({ person: ALICE, scope: `repository:${name}:pull,push` })),
]

async function askWarm(client: Client, { person, scope }: WarmAsk): Promise<void> {
  const isGranted = (answer: Answer): boolean => readGrant(answer).actions.length > 0
  await client.ask('warm', [200], tokenRequest(person, [scope]), isGranted)
}

/** One after the other, and again from the first. */
function inTurn<T>(things: readonly T[]): () => T {
  let turn = 0
  return () => things[turn++ % things.length] as T
}

function startLanes(lanes: readonly { everyMs: number; work: () => Promise<unknown> }[]) {
  const running = new Set<Promise<unknown>>()
  const begin = (work: () => Promise<unknown>): void => {
    const done: Promise<unknown> = work().finally(() => running.delete(done))
    running.add(done)
  }
  const timers = lanes.map(({ everyMs, work }) => setInterval(() => begin(work), everyMs))
  return async () => {
    for (const timer of timers) clearInterval(timer)
    await Promise.all(running)
  }
}

/**
 * Makes all that it needs, and asks from then on.
 *
 * @param options how long a warden may go on by what it knows while others keep their database
 */
export async function startLoad(url: string, { graceMs = 0 } = {}): Promise<Load> {
  const journal = createJournal()
  const ledger = createLedger()
  const client = createClient({ url, journal })
  await makePeople(client)
  const asks = warmAsks(await makeRobot(client, 'acme', 'warm'))
  const images = await createImages({ client, ledger, from: createGenerator(SEED) })
  const writes = await createWrites(client, ledger)
  for (let n = 0; n < STOCK; n++) await writes.makeRobot()
  const guard = createGuard({ client, victim: VICTIM, disabled: DISABLED, graceMs })
  const nextWarm = inTurn(asks)
  let isOver = false
  const cold = async (): Promise<void> => {
    const person = writes.takeRobot()
    if (person === undefined) return
    await client.ask('cold', [200], tokenRequest(person, ['repository:robots-1/app:pull']))
  }
  const { makeRobot: make, countUp, deleteRobot } = writes
  const nextWrite = inTurn([() => make(), countUp, () => make(), countUp, deleteRobot])
  const stopLanes = startLanes([
    { everyMs: EVERY_MS.warm, work: () => askWarm(client, nextWarm()) },
    { everyMs: EVERY_MS.cold, work: cold },
    { everyMs: EVERY_MS.push, work: images.push },
    { everyMs: EVERY_MS.pull, work: images.pull },
    { everyMs: EVERY_MS.write, work: () => nextWrite()() },
    { everyMs: EVERY_MS.stranger, work: guard.ask },
  ])
  const revoking = guard.revoke(() => isOver)
  return {
    client,
    journal,
    ledger,
    guard,
    writes,
    warmUp: async (wardenUrls) => {
      for (const base of wardenUrls) {
        for (const { person, scope } of asks) {
          const request = tokenRequest(person, [scope])
          await client.send({ ...request, path: `${base}${request.path}` }).catch(() => undefined)
        }
      }
    },
    stop: async () => {
      isOver = true
      await stopLanes()
      await revoking
      await client.close()
    },
  }
}
