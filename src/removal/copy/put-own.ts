import type { Database } from '../../database/open-database.ts'
import { AppError } from '../../errors.ts'
import { describeHold } from '../../holds/describe-hold.ts'
import { findHold } from '../../holds/find-hold.ts'
import type { UnderWay } from '../../holds/under-way.ts'
import { endLater, FORWARD_MS } from '../../holds/wait-drained.ts'
import type { WriteDecisions } from '../../policies/create-write-decisions.ts'
import type { Verdict } from '../../policies/types.ts'
import { isDigest } from '../../protocol/reference.ts'
import type { RegistryClient } from '../../registry/client.ts'
import type { Manifest } from '../../registry/manifests.ts'

export interface PutOwnDeps {
  readonly database: Database
  readonly registry: RegistryClient
  readonly underWay: UnderWay
  readonly writeDecisions: WriteDecisions
}

export interface OwnWrite {
  readonly repository: string
  /** A tag, or the digest of the manifest. */
  readonly reference: string
  readonly manifest: Manifest
}

type Allowed = Extract<Verdict, { readonly allowed: true }>

async function requireFree({ database }: PutOwnDeps, write: OwnWrite): Promise<void> {
  const { repository, reference } = write
  const tag = isDigest(reference) ? undefined : reference
  const hold = await findHold(database, { repository, tag })
  if (hold === undefined) return
  throw new AppError('CONFLICT', {
    detail: `${repository} takes no writes now: ${describeHold(hold)}`,
    retryAfterSeconds: 5,
  })
}

async function requireAllowed(deps: PutOwnDeps, write: OwnWrite): Promise<Allowed> {
  const { repository, reference, manifest } = write
  const verdict = await deps.writeDecisions.decideManifestWrite({
    ...manifest,
    repository,
    reference,
  })
  if (!verdict.allowed) throw new AppError('CONFLICT', { detail: verdict.reason })
  return verdict
}

async function send(deps: PutOwnDeps, write: OwnWrite, verdict: Allowed, signal: AbortSignal) {
  const { repository, reference, manifest } = write
  try {
    await deps.registry.putManifest({ repository, reference }, manifest, { signal })
  } catch (error) {
    // Only the registry's own refusal says that nothing was done.
    const isRefused = error instanceof AppError && /answered 4\d\d/.test(error.message)
    await verdict.settle?.(isRefused ? 'refused' : 'unknown')
    throw error
  }
  await verdict.settle?.('accepted')
}

/**
 * Writes a manifest for somebody who asked us to: it passes the same holds and rules as a push, and ends
 * within the same time (R24).
 *
 * @throws AppError CONFLICT (409) with the reason, UNAVAILABLE (503)
 */
export async function putOwn(deps: PutOwnDeps, write: OwnWrite): Promise<void> {
  const end = deps.underWay.begin()
  // Begins before the look: who takes a hold later waits this long.
  const signal = AbortSignal.timeout(FORWARD_MS)
  try {
    await requireFree(deps, write)
    const verdict = await requireAllowed(deps, write)
    await send(deps, write, verdict, signal)
  } finally {
    if (signal.aborted) endLater(end)
    else end()
  }
}
