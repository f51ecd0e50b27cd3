import { randomUUID } from 'node:crypto'
import { AppError } from '../errors.ts'
import { findHold, findOverlappingHold } from '../holds/find-hold.ts'
import { releaseHold, type TakenHold, takeHold } from '../holds/take-hold.ts'
import type { WaitDrained } from '../holds/wait-drained.ts'
import type { Answer } from '../http/route.ts'
import { isDigest } from '../protocol/reference.ts'
import type { Forwarded } from '../registry/forward-write.ts'
import { type FindNeedsDeps, findNeeds, type Needs } from '../removal/find-needs.ts'
import { handOn } from './hand-on.ts'
import { type ManifestWrite, sendAllowed, type WriteDeps } from './put-manifest.ts'
import { startStopwatch } from './stopwatch.ts'
import { denied, pause, waitUntilFree } from './wait-until-free.ts'

/** Long enough for the writes before it to end, a look at many tags, and the delete itself. */
const HOLD_SECONDS = 120
const LOOK_MS = 45_000
/** What is sent ends well within the hold. */
const SEND_UNTIL_MS = 90_000
const MOST_TRIES = 20
const MOST_NAMED = 10

export interface DeleteDeps extends WriteDeps, FindNeedsDeps {
  readonly waitDrained: WaitDrained
}

const list = (names: readonly string[]): string =>
  names.length > MOST_NAMED
    ? `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`
    : names.join(', ')

/** @throws AppError DENIED (403) that names what the manifest is needed for (R16) */
function refuseNeeded({ repository }: ManifestWrite, { tags, indexes }: Needs): void {
  if (tags.length > 1) {
    throw denied(
      `the tags ${list(tags)} of ${repository} are all on this manifest and would go with it; delete one tag by itself with \`warden tag delete\``,
    )
  }
  if (indexes.length === 0) return
  throw denied(
    `${list(indexes)} of ${repository} leads to this manifest and would be broken without it; delete that first`,
  )
}

/** @returns the tag that is on it, if any */
async function requireUnneeded(deps: DeleteDeps, write: ManifestWrite): Promise<readonly string[]> {
  const { repository, reference: digest } = write
  const signal = AbortSignal.any([write.signal, AbortSignal.timeout(LOOK_MS)])
  const needs = await findNeeds(deps, { repository, digest, signal })
  refuseNeeded(write, needs)
  return needs.tags
}

/** Another delete of this repository may come in between; one of them waits again. */
async function holdRepository(deps: DeleteDeps, write: ManifestWrite): Promise<TakenHold> {
  const target = { repository: write.repository }
  for (let tries = 1; ; tries++) {
    const look = () => findOverlappingHold(deps.database, target)
    const free = await waitUntilFree(deps, look, write.signal)
    free.end()
    try {
      return await takeHold(deps, {
        target,
        kind: 'removal',
        holder: randomUUID(),
        reason: `a manifest of ${write.repository} is being deleted`,
        seconds: HOLD_SECONDS,
      })
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'CONFLICT')) throw error
      if (tries === MOST_TRIES) throw denied(error.message)
      await pause(Math.random() * 500, write.signal)
    }
  }
}

async function deleteUnderHold(
  deps: DeleteDeps,
  write: ManifestWrite,
  { hold, note }: { readonly hold: TakenHold; readonly note: (forwarded: Forwarded) => void },
): Promise<Answer> {
  const { request, repository, reference, signal } = write
  const sinceHold = startStopwatch(deps)
  await deps.waitDrained(hold, { signal })
  const tags = await requireUnneeded(deps, write)
  const decision = await deps.rules.decideManifestDelete({ repository, reference, tags })
  return sendAllowed(deps, decision, async () => {
    if (sinceHold() > SEND_UNTIL_MS) {
      throw denied(`looking at all tags of ${repository} took too long; try again in a moment`)
    }
    const sinceLook = startStopwatch(deps)
    const forwarded = await handOn(deps, {
      request,
      method: 'DELETE',
      repository,
      reference,
      sinceLook,
    })
    note(forwarded)
    return forwarded
  })
}

async function deleteDigest(deps: DeleteDeps, write: ManifestWrite): Promise<Answer> {
  // What is refused anyway is refused at once, and holds nobody up.
  await requireUnneeded(deps, write)
  const hold = await holdRepository(deps, write)
  let isLost = false
  const note = ({ kind }: Forwarded): void => {
    isLost = kind === 'lost'
  }
  try {
    return await deleteUnderHold(deps, write, { hold, note })
  } finally {
    // A registry that said nothing may still be at it: the hold then ends by itself.
    if (!isLost) await releaseHold(deps, hold).catch(() => undefined)
  }
}

/** A registry 2.8 deletes digests only and says so itself; a later one takes this tag and no other. */
async function deleteByTag(deps: DeleteDeps, write: ManifestWrite): Promise<Answer> {
  const { request, repository, reference: tag, signal } = write
  const look = () => findHold(deps.database, { repository, tag })
  const { sinceLook, end } = await waitUntilFree(deps, look, signal)
  try {
    const decision = await deps.rules.decideManifestDelete({ repository, reference: tag })
    return await sendAllowed(deps, decision, () =>
      handOn(deps, { request, method: 'DELETE', repository, reference: tag, sinceLook }),
    )
  } finally {
    end()
  }
}

/**
 * Deletes a manifest for a client that asks the registry itself (`skopeo delete`): only what one tag
 * at most is on and no index needs, since the registry takes every tag of a digest along (R16, R22).
 *
 * @throws AppError DENIED (403) with the names of what needs it, UNAVAILABLE (503)
 */
export function deleteManifest(deps: DeleteDeps, write: ManifestWrite): Promise<Answer> {
  write.request.resume()
  return deps.places.enter({ subject: write.subject, bytes: 0 }, () =>
    isDigest(write.reference) ? deleteDigest(deps, write) : deleteByTag(deps, write),
  )
}
