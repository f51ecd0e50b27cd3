import pLimit from 'p-limit'
import { isDatabaseLost, isRepeatable } from '../database/database-error.ts'
import type { Descriptor } from '../registry/manifests.ts'
import type { DirtyMark } from './dirty-queries.ts'
import { READS_AT_ONCE } from './read-trees.ts'
import { refreshAbsent } from './refresh-absent.ts'
import {
  isRegistryAway,
  outcomeOf,
  type RefreshDeps,
  type RefreshOutcome,
} from './refresh-outcome.ts'
import { type Present, refreshPresent } from './refresh-present.ts'
import { takeTicket } from './repository-queries.ts'

type Look = { readonly mark: DirtyMark } & (
  | { readonly found: Descriptor }
  | { readonly found: 'unknown' }
  | { readonly found: undefined; readonly error: unknown }
)

/** When the registry as a whole is away, those that are left are not even tried. */
function lookUp(
  { registry, looks = pLimit(READS_AT_ONCE), giveWay }: RefreshDeps,
  marks: readonly DirtyMark[],
): Promise<readonly Look[]> {
  let away: { readonly error: unknown } | undefined
  return looks.map(marks, async (mark): Promise<Look> => {
    if (away !== undefined) return { mark, found: undefined, ...away }
    await giveWay?.()
    try {
      const isLikelyUnknown = mark.isDeletion
      return { mark, found: await registry.lookUpManifest(mark, { isLikelyUnknown }) }
    } catch (error) {
      if (isRegistryAway(error)) away = { error }
      return { mark, found: undefined, error }
    }
  })
}

interface Unmoved {
  /** What is written as it was found. */
  readonly kept: readonly Present[]
  /** Of those that were put back: they are read again in a moment. */
  readonly outcomes: readonly RefreshOutcome[]
}

async function restoreMoved(
  { restoreMoved: restore }: RefreshDeps,
  present: readonly Present[],
): Promise<Unmoved> {
  if (restore === undefined) return { kept: present, outcomes: [] }
  const tags = present.map((one) => ({ one, tag: { ...one.mark, digest: one.found.digest } }))
  const moved = await restore(tags.map(({ tag }) => tag))
  return {
    kept: tags.flatMap(({ one, tag }) => (moved.has(tag) ? [] : [one])),
    outcomes: tags.flatMap(({ one: { mark }, tag }) => {
      const state = moved.get(tag)
      if (state === undefined) return []
      return [
        state === 'restored' ? outcomeOf(mark, 'passing') : outcomeOf(mark, 'failed', state.error),
      ]
    }),
  }
}

/** What the database does not take of one is no reason to leave the others out. */
async function writePresent(
  deps: RefreshDeps,
  present: readonly Present[],
  ticket: number,
): Promise<readonly RefreshOutcome[]> {
  try {
    return await refreshPresent(deps, present, ticket)
  } catch (error) {
    if (isDatabaseLost(error) || isRepeatable(error)) throw error
    if (present.length === 1) return present.map(({ mark }) => outcomeOf(mark, 'failed', error))
    const outcomes: RefreshOutcome[] = []
    for (const one of present) outcomes.push(...(await writePresent(deps, [one], ticket)))
    return outcomes
  }
}

/**
 * Reads tags and digests at the registry and writes what is found into the index, all of them under
 * one ticket, which is taken first (R29). One that fails leaves the others alone.
 *
 * @param marks some fifty at a time, each reference once; all of them are held in memory
 */
export async function refreshReferences(
  deps: RefreshDeps,
  marks: readonly DirtyMark[],
): Promise<readonly RefreshOutcome[]> {
  const ticket = await takeTicket(deps.database)
  const looks = await lookUp(deps, marks)
  const found = looks.filter((look): look is Present & Look => typeof look.found === 'object')
  const passing = await deps.findPassing(found.map((look) => look.found.digest))
  const present = found.filter((look) => !passing.has(look.found.digest))
  const { kept, outcomes } = await restoreMoved(deps, present)
  const absent = looks.flatMap(({ found: state, mark }) => (state === 'unknown' ? [mark] : []))
  const failed = looks.flatMap((look) =>
    look.found === undefined ? [outcomeOf(look.mark, 'failed', look.error)] : [],
  )
  return [
    ...(await writePresent(deps, kept, ticket)),
    ...(await refreshAbsent(deps, absent, ticket)),
    ...found
      .filter((look) => passing.has(look.found.digest))
      .map(({ mark }) => outcomeOf(mark, 'passing')),
    ...outcomes,
    ...failed,
  ]
}
