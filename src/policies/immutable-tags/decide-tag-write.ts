import { randomUUID } from 'node:crypto'
import type { Database } from '../../database/open-database.ts'
import { markDirty } from '../../images/dirty-queries.ts'
import { projectOf } from '../../protocol/reference.ts'
import type { RegistryClient } from '../../registry/client.ts'
import type { CachedPolicies } from '../cached-policies.ts'
import { ALLOWED, refuse, type TagName, type Verdict, type WriteOutcome } from '../types.ts'
import { isBinding, isImmutable } from './match-rules.ts'
import {
  deleteReservation,
  findOverReservation,
  insertReservation,
  type Reservation,
  takeReservation,
  updateReservation,
} from './reservation-queries.ts'
import { findTagState, type TagState } from './tag-state-queries.ts'

/** After so long a push that was let through is surely over: it had ten seconds to begin and end. */
export const FORWARD_SECONDS = 60

export interface TagDecisionDeps {
  readonly database: Database
  readonly registry: Pick<RegistryClient, 'lookUpManifest'>
  readonly policies: CachedPolicies
}

export interface TagWrite extends TagName {
  /** Of the manifest that is to be put on the tag. */
  readonly digest: string
}

const PUSH_ANOTHER = 'push under another tag'

/** Holds what a tag is on against what is to be put there. */
function compare({ repository, tag, digest }: TagWrite, current: string): Verdict {
  if (current === digest) return ALLOWED
  return refuse(
    `the tag ${tag} of ${repository} is immutable by a rule of the project, and on ${current}; ${PUSH_ANOTHER}`,
  )
}

/** A tag that went keeps its digest (R30). */
function compareGone(write: TagWrite, { digest: last }: TagState): Verdict {
  if (last === write.digest) return ALLOWED
  return refuse(
    `the tag ${write.tag} of ${write.repository} is immutable by a rule of the project, and was on ${last} before it went; push that again, or ${PUSH_ANOTHER}`,
  )
}

const beingPushed = ({ repository, tag }: TagWrite): Verdict =>
  refuse(
    `the tag ${tag} of ${repository} is immutable by a rule of the project, and is being pushed at this moment; try again in a minute, or ${PUSH_ANOTHER}`,
  )

/**
 * Ends a reservation by what the registry answered. What fails here fails nobody's push: whoever
 * looks after reservations finds out how it ended.
 */
async function settle(
  database: Database,
  reservation: Reservation,
  outcome: WriteOutcome,
): Promise<void> {
  try {
    if (outcome === 'refused') await deleteReservation(database, reservation)
    // Kept until the index has the tag, or the registry shows it.
    if (outcome === 'accepted') await updateReservation(database, reservation, 0)
  } catch {
    // Its time runs out by itself.
  }
}

/** Whether the tag is ours to push to; the registry has said that it knows no such tag. */
async function holdsTag(
  { database }: TagDecisionDeps,
  ours: Reservation,
  { isNew, over }: { readonly isNew: boolean; readonly over: Reservation | undefined },
): Promise<boolean> {
  if (isNew) return true
  // The push before was over when we asked, so it left no tag.
  if (over === undefined) return false
  return takeReservation(database, over, { ...ours, forwardSeconds: FORWARD_SECONDS })
}

/**
 * A first push: of several at once one gets the reservation, which is there before the registry is
 * asked, so that nobody comes in between.
 */
async function decideFirstPush(deps: TagDecisionDeps, write: TagWrite): Promise<Verdict> {
  const { database, registry } = deps
  const { repository, tag } = write
  const ours = { ...write, holder: randomUUID() }
  const isNew = await insertReservation(database, ours, FORWARD_SECONDS)
  const over = isNew ? undefined : await findOverReservation(database, write)
  try {
    const asked = { repository, reference: tag }
    const found = await registry.lookUpManifest(asked, { isLikelyUnknown: true })
    if (found !== 'unknown') {
      // The index does not know it yet.
      await markDirty(database, [{ repository, reference: tag }])
      if (isNew) await deleteReservation(database, ours)
      return compare(write, found.digest)
    }
  } catch (error) {
    if (isNew) await deleteReservation(database, ours)
    throw error
  }
  if (!(await holdsTag(deps, ours, { isNew, over }))) return beingPushed(write)
  return { allowed: true, settle: (outcome) => settle(database, ours, outcome) }
}

/**
 * Decides whether a manifest may be put on a tag, by the project's rules of immutable tags (R31).
 * Where no rule means the tag, mostly nothing is read; a tag that the index knows is one read.
 *
 * @throws AppError UNAVAILABLE (503), REGISTRY_FAILED (502) when that cannot be found out
 */
export async function decideTagWrite(deps: TagDecisionDeps, write: TagWrite): Promise<Verdict> {
  const policies = await deps.policies.read(projectOf(write.repository))
  if (policies === undefined || !isImmutable(policies.immutableTags, write)) return ALLOWED
  const known = await findTagState(deps.database, write)
  if (known === undefined || !isBinding(known, policies)) return decideFirstPush(deps, write)
  return known.goneAt === undefined ? compare(write, known.digest) : compareGone(write, known)
}
