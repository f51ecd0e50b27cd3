import type { IncomingMessage } from 'node:http'
import { findHold } from '../holds/find-hold.ts'
import { endLater } from '../holds/wait-drained.ts'
import type { Log } from '../http/middleware.ts'
import type { Answer } from '../http/route.ts'
import type { Verdict, WriteOutcome } from '../policies/types.ts'
import { hasReservedSegment, isDigest } from '../protocol/reference.ts'
import type { Forwarded } from '../registry/forward-write.ts'
import { digestOf } from '../registry/manifests.ts'
import type { WriteRules } from './decide-write.ts'
import { answerOf, type HandOnDeps, handBack, handOn } from './hand-on.ts'
import type { Places } from './places.ts'
import { announcedBytes, readBody } from './read-body.ts'
import { denied, type Free, type WaitUntilFreeDeps, waitUntilFree } from './wait-until-free.ts'

/** A decision that took longer is followed by another look: half of the time is left for the registry. */
const LOOK_AGAIN_AFTER_MS = 2000
/** Timers may come a moment early. */
const SPARE_MS = 100

export interface WriteDeps extends WaitUntilFreeDeps, HandOnDeps {
  readonly rules: WriteRules
  readonly places: Places
  readonly log: Log
}

export interface ManifestWrite {
  readonly request: IncomingMessage
  readonly repository: string
  readonly reference: string
  /** Who writes, by a token that was proven. */
  readonly subject: string
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal
}

type Allowed = Extract<Verdict, { readonly allowed: true }>

const outcomeOf = (forwarded: Forwarded): WriteOutcome => {
  if (forwarded.kind !== 'answered') return forwarded.kind === 'unsent' ? 'refused' : 'unknown'
  const { status } = forwarded.answer
  if (status >= 200 && status < 300) return 'accepted'
  return status >= 500 ? 'unknown' : 'refused'
}

async function settle({ log }: WriteDeps, decision: Allowed, outcome: WriteOutcome): Promise<void> {
  try {
    await decision.settle?.(outcome)
  } catch (error) {
    log.warn({ error, outcome }, 'what became of a write could not be noted down')
  }
}

/** Sends what the rules allow, and tells them what became of it, whatever that is. */
export async function sendAllowed(
  deps: WriteDeps,
  decision: Verdict,
  send: () => Promise<Forwarded>,
): Promise<Answer> {
  if (!decision.allowed) throw denied(decision.reason)
  let outcome: WriteOutcome = 'refused'
  try {
    const forwarded = await send()
    outcome = outcomeOf(forwarded)
    return handBack(answerOf(forwarded))
  } finally {
    const settled = settle(deps, decision, outcome)
    // Who was refused may try again at once; who was not has no reason to wait for it.
    if (outcome !== 'accepted') await settled
  }
}

/**
 * Looks for holds while the body comes. What a look lets through ends by the time since it began, so
 * nothing is won by a body that comes late.
 */
async function lookAndRead(
  look: () => Promise<Free>,
  request: IncomingMessage,
): Promise<{ readonly free: Free; readonly content: Buffer }> {
  let tooLate: NodeJS.Timeout | undefined
  const looking = look().then((free) => {
    // A body that is held back keeps nobody waiting who takes a hold; it is looked for again then.
    tooLate = setTimeout(free.end, LOOK_AGAIN_AFTER_MS + SPARE_MS)
    return free
  })
  const [looked, read] = await Promise.allSettled([looking, readBody(request)])
  clearTimeout(tooLate)
  if (read.status === 'rejected') {
    if (looked.status === 'fulfilled') looked.value.end()
    throw read.reason
  }
  if (looked.status === 'rejected') throw looked.reason
  return { free: looked.value, content: read.value }
}

async function decideAndSend(deps: WriteDeps, write: ManifestWrite): Promise<Answer> {
  const { request, repository, reference, signal } = write
  const target = { repository, tag: isDigest(reference) ? undefined : reference }
  const wait = (): Promise<Free> =>
    waitUntilFree(deps, () => findHold(deps.database, target), signal)
  const { content, ...looked } = await lookAndRead(wait, request)
  let { free } = looked
  let isLost = false
  try {
    const decision = await deps.rules.decideManifestWrite({
      repository,
      reference,
      digest: digestOf(content),
      mediaType: request.headers['content-type'] ?? '',
      content,
    })
    return await sendAllowed(deps, decision, async () => {
      if (free.sinceLook() > LOOK_AGAIN_AFTER_MS) {
        free.end()
        free = await wait()
      }
      const { sinceLook } = free
      const handed = { request, method: 'PUT', repository, reference, body: content } as const
      const forwarded = await handOn(deps, { ...handed, sinceLook })
      isLost = forwarded.kind === 'lost'
      return forwarded
    })
  } finally {
    if (isLost) endLater(free.end)
    else free.end()
  }
}

/**
 * Writes a manifest: the whole body and what holds it, then the rules, then the registry.
 *
 * @throws AppError DENIED (403) with the reason, BODY_TOO_LARGE (413), UNAVAILABLE (503)
 */
export async function putManifest(deps: WriteDeps, write: ManifestWrite): Promise<Answer> {
  const { request, repository, subject } = write
  const bytes = announcedBytes(request)
  if (hasReservedSegment(repository)) {
    throw denied(
      `the name ${repository} holds tags, manifests, blobs or referrers, a word of the paths of the registry; push under another name`,
    )
  }
  return deps.places.enter({ subject, bytes }, () => decideAndSend(deps, write))
}
