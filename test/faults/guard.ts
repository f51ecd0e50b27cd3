import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../e2e/nothing-lost/transport.ts'
import { type Person, STAN } from '../support/stack.ts'
import { apiRequest, type Client, readGrant, tokenRequest } from './client.ts'

/** After so long a right that was taken away is granted by nobody (R5). */
const FELT_MS = 1000
const CYCLE_MS = 4000
const RETRY_MS = 250
/** Each of them is to have the right in its memory. */
const PROCESSES = 3
const SCOPE = 'repository:acme/app:pull,push,delete'

interface Suspect {
  readonly person: Person
  /** From then on every grant is wrong; undefined while a right is there, or may be. */
  readonly sinceMs: () => number | undefined
}

/** Those who ask all along for what they have no right to. */
export interface Guard {
  /** One of them asks. */
  readonly ask: () => Promise<void>
  /** Gives rights and takes them away until it is stopped. */
  readonly revoke: (isOver: () => boolean) => Promise<void>
  /** Whoever it is must be refused from now on. */
  readonly ban: (person: Person, sinceMs: number) => void
  readonly counts: { asked: number }
  /** What was granted and should not have been. */
  readonly wrong: string[]
  /** What was granted so late, but within the grace of a process whose database is away. */
  readonly inGrace: string[]
}

interface GuardDeps {
  readonly client: Client
  /** Alone with a right that comes and goes. */
  readonly victim: Person
  /** With rights, but disabled. */
  readonly disabled: Person
  readonly graceMs: number
}

const isAnswer = (answer: Answer | undefined): answer is Answer =>
  answer !== undefined && answer.status < 500

/** Asks until it is answered. @returns whether it was, before all is over */
async function persist(
  work: () => Promise<Answer | undefined>,
  isOver: () => boolean,
): Promise<boolean> {
  while (!isOver()) {
    if (isAnswer(await work())) return true
    await sleep(RETRY_MS)
  }
  return false
}

export function createGuard({ client, victim, disabled, graceMs }: GuardDeps): Guard {
  let victimSinceMs: number | undefined
  const suspects: Suspect[] = [
    { person: STAN, sinceMs: () => 0 },
    { person: disabled, sinceMs: () => 0 },
    { person: victim, sinceMs: () => victimSinceMs },
  ]
  const counts = { asked: 0 }
  const wrong: string[] = []
  const inGrace: string[] = []
  const member = `/projects/acme/members/users/${victim.username}`
  const change = (method: string, json?: unknown) => () =>
    client.ask('write', [200, 201, 204, 404], apiRequest(method, member, json))
  return {
    counts,
    wrong,
    inGrace,
    ban: (person, sinceMs) => void suspects.push({ person, sinceMs: () => sinceMs }),
    ask: async () => {
      const { person, sinceMs } = suspects[counts.asked++ % suspects.length] as Suspect
      const beganMs = performance.now()
      const request = tokenRequest(person, [SCOPE])
      const answer = await client.ask('stranger', [200, 401, 429], request)
      const since = sinceMs()
      if (answer?.status !== 200 || since === undefined || beganMs < since + FELT_MS) return
      const { actions } = readGrant(answer)
      if (actions.length === 0) return
      const lateMs = Math.round(beganMs - since)
      const those = lateMs < FELT_MS + graceMs ? inGrace : wrong
      those.push(`${person.username} got ${actions} ${lateMs} ms after the end of the right`)
    },
    revoke: async (isOver) => {
      while (!isOver()) {
        // A right is there as soon as it is asked for, whatever is answered.
        victimSinceMs = undefined
        await persist(change('PUT', { role: 'developer' }), isOver)
        for (let n = 0; n < PROCESSES; n++) {
          await client.ask('cold', [200], tokenRequest(victim, [SCOPE]))
        }
        const isDone = await persist(change('DELETE'), isOver)
        if (isDone) victimSinceMs = performance.now()
        await sleep(CYCLE_MS)
      }
    },
  }
}
