import type { Actor } from '../../../audit/record.ts'
import type { Database } from '../../../database/open-database.ts'
import { AppError } from '../../../errors.ts'
import { markDirty } from '../../../images/dirty-queries.ts'
import { announceManifests } from '../../../removal/announce-manifests.ts'
import type { UntaggedManifest } from '../types.ts'
import { type FindUntaggedDeps, findUntagged, type UntaggedPlace } from './find-untagged.ts'

/** Of one collection; writes wait meanwhile. The next one goes on. */
const MOST = 10_000
const LONGEST_MS = 300_000
const MOST_KEPT = 1000
const MORE = 'there are more untagged manifests; the next collection goes on'

export interface RemoveUntaggedInput {
  readonly places: readonly UntaggedPlace[]
  readonly isDryRun: boolean
  readonly actor: Actor
  readonly signal: AbortSignal
  /** Before whatever cannot be undone. @throws when the work is to go no further */
  readonly check: () => Promise<void>
  /** Whether writes are held for long enough yet: what is pushed after that may be what goes. */
  readonly hasTime: () => Promise<boolean>
  readonly transact: (work: (transaction: Database) => Promise<void>) => Promise<void>
}

export interface UntaggedOutcome {
  readonly count: number
  /** Only the first of them. */
  readonly manifests: readonly UntaggedManifest[]
  readonly notes: readonly string[]
}

/** @returns whether the registry deletes at all */
async function removeOne(
  { database, registry }: FindUntaggedDeps,
  { repository, digest }: UntaggedManifest,
  { check, transact, actor }: RemoveUntaggedInput,
): Promise<boolean> {
  await check()
  const announced = await announceManifests(database, { repository, digests: [digest], actor })
  const outcome = await registry.deleteManifest({ repository, reference: digest })
  const isDisabled = outcome === 'disabled'
  await transact(async (transaction) => {
    if (!isDisabled)
      await markDirty(transaction, [{ repository, reference: digest, isDeletion: true }])
    await announced.end(transaction, isDisabled ? [] : [digest])
  })
  return !isDisabled
}

interface Tally {
  count: number
  readonly manifests: UntaggedManifest[]
  readonly notes: string[]
}

interface Removal {
  readonly input: RemoveUntaggedInput
  readonly tally: Tally
  readonly isOver: () => Promise<boolean>
  /** Aborted when the time is over, too. */
  readonly signal: AbortSignal
}

/** @returns why nothing more may go; undefined: it may */
async function removeIn(
  deps: FindUntaggedDeps,
  place: UntaggedPlace,
  { input, tally, isOver, signal }: Removal,
): Promise<string | undefined> {
  const { name: repository } = place
  const going = await findUntagged(deps, place, signal)
  if (going === undefined) {
    const why = 'it could not be read to its end, or the index does not know all of it yet'
    tally.notes.push(`untagged manifests of ${repository} stay: ${why}`)
  }
  for (const digest of going ?? []) {
    if (await isOver()) return MORE
    const untagged = { repository, digest }
    if (!input.isDryRun && !(await removeOne(deps, untagged, input))) {
      return 'untagged manifests stay: the registry is configured without deletes'
    }
    tally.count++
    if (tally.manifests.length < MOST_KEPT) tally.manifests.push(untagged)
  }
  return undefined
}

/** @returns why nothing more may go; undefined: it may, also where this repository cannot be read */
async function tryIn(
  deps: FindUntaggedDeps,
  place: UntaggedPlace,
  removal: Removal,
): Promise<string | undefined> {
  const { input, tally, isOver, signal } = removal
  if (await isOver()) return MORE
  try {
    return await removeIn(deps, place, removal)
  } catch (error) {
    input.signal.throwIfAborted()
    if (signal.aborted) return MORE
    if (!(error instanceof AppError)) throw error
    const left = `untagged manifests of ${place.name} stay: it could not be read`
    tally.notes.push(`${left}: ${error.message}`)
    return undefined
  }
}

/**
 * Removes untagged manifests, repository by repository, each read again live first (R28). A repository
 * that cannot be read is left alone.
 */
export async function removeUntagged(
  deps: FindUntaggedDeps,
  input: RemoveUntaggedInput,
): Promise<UntaggedOutcome> {
  const endsAtMs = performance.now() + LONGEST_MS
  const tally: Tally = { count: 0, manifests: [], notes: [] }
  const isOver = async (): Promise<boolean> =>
    tally.count >= MOST || performance.now() > endsAtMs || !(await input.hasTime())
  const signal = AbortSignal.any([input.signal, AbortSignal.timeout(LONGEST_MS)])
  for (const place of input.places) {
    await input.check()
    const why = await tryIn(deps, place, { input, tally, isOver, signal })
    if (why === undefined) continue
    tally.notes.push(why)
    break
  }
  return tally
}
