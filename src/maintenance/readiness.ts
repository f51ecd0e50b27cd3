import type { Database } from '../database/open-database.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import { pingDatabase } from '../database/wait-for-database.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Signer } from '../signing/signer.ts'

/** A load balancer asks again in a few seconds and gives up as soon. */
const PROBE_MS = 2000

export interface ReadinessDeps {
  readonly database: Database
  readonly watch: Pick<VersionWatch, 'freshness' | 'lookAgain'>
  readonly registry: RegistryClient
  readonly signer: Signer
  readonly now: () => Date
  /** Why writes stay held though nobody sees to it any more; undefined: they do not. */
  readonly findStuckFence: () => string | undefined
  /** Why what destroys by itself waits since a restore; undefined: it does not. */
  readonly findRestoreHold: () => Promise<string | undefined>
}

/** One part that this service needs: whether it is well, and if not, why. */
export interface Part {
  readonly name: 'database' | 'signing' | 'registry' | 'collecting' | 'restore'
  readonly ok: boolean
  readonly reason?: string
}

export interface Readiness {
  /** `degraded`: tokens are issued, something else is amiss. */
  readonly status: 'ready' | 'degraded' | 'unavailable'
  readonly parts: readonly Part[]
}

/** An error with all that caused it: where people read it, inner addresses may be named. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message} (${reasonOf(error.cause)})`
}

/** @param work gets a signal that its time is over; what it still does then counts no more */
async function probe(
  name: Part['name'],
  work: (signal: AbortSignal) => Promise<void>,
): Promise<Part> {
  const ending = new AbortController()
  const late = new Error(`it did not answer within ${PROBE_MS / 1000} seconds`)
  const over = new Promise<never>((_resolve, reject) => {
    ending.signal.addEventListener('abort', () => reject(late), { once: true })
  })
  const timer = setTimeout(() => ending.abort(late), PROBE_MS)
  try {
    await Promise.race([over, work(ending.signal)])
    return { name, ok: true }
  } catch (error) {
    return { name, ok: false, reason: reasonOf(error) }
  } finally {
    clearTimeout(timer)
  }
}

async function checkLeaf({ signer, now }: ReadinessDeps): Promise<void> {
  if (signer.leaf().notAfter <= now()) throw new Error('the signing leaf has ended')
}

/** After an outage the first look may be to come yet; until then those who are not known get 503. */
async function checkDatabase({ database, watch }: ReadinessDeps): Promise<void> {
  await pingDatabase(database)
  if (watch.freshness() === 'fresh') return
  await watch.lookAgain()
  if (watch.freshness() !== 'fresh') throw new Error('the change version cannot be read')
}

/** Pulls go on while writes are held; whoever pushes is told. */
async function checkFence({ findStuckFence }: ReadinessDeps): Promise<void> {
  const reason = findStuckFence()
  if (reason !== undefined) throw new Error(reason)
}

/** Requests are served as ever; what would destroy by itself waits (R28). */
async function checkRestore({ findRestoreHold }: ReadinessDeps): Promise<void> {
  const reason = await findRestoreHold()
  if (reason !== undefined) throw new Error(reason)
}

const UNNEEDED: ReadonlySet<Part['name']> = new Set(['registry', 'collecting', 'restore'])

/** Asks every part that requests need, at once. Without the registry tokens are still issued. */
export async function readReadiness(deps: ReadinessDeps): Promise<Readiness> {
  const parts = await Promise.all([
    probe('database', () => checkDatabase(deps)),
    probe('signing', () => checkLeaf(deps)),
    probe('registry', (signal) => deps.registry.ping({ signal })),
    probe('collecting', () => checkFence(deps)),
    probe('restore', () => checkRestore(deps)),
  ])
  const failed = parts.filter(({ ok }) => !ok)
  if (failed.length === 0) return { status: 'ready', parts }
  const isUsable = failed.every(({ name }) => UNNEEDED.has(name))
  return { status: isUsable ? 'degraded' : 'unavailable', parts }
}
