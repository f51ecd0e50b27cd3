import { findLeafEpoch } from '../database/installation.ts'
import type { Database } from '../database/open-database.ts'
import { reportReplica } from '../database/replicas.ts'
import type { Signer } from '../signing/signer.ts'

const CHECK_MS = 1000
const REPORT_EVERY_MS = 10_000
/** A leaf is replaced when this share of its life is left, so that no token is cut short by it. */
const RENEW_AT_SHARE = 1 / 3

export interface KeepLeafFreshDeps {
  readonly database: Database
  readonly signer: Signer
  readonly now: () => Date
  readonly log: (fields: object, message: string) => void
  readonly replica: { readonly id: string; readonly version: string; readonly startedAt: Date }
}

function isWorn(signer: Signer, now: Date): boolean {
  const { notBefore, notAfter } = signer.leaf()
  if (notBefore > now) return true
  const lifeMs = notAfter.getTime() - notBefore.getTime()
  return notAfter.getTime() - now.getTime() < lifeMs * RENEW_AT_SHARE
}

interface LeafState {
  epoch: number
  reportedAtMs: number
  hasFailed: boolean
}

function renew({ signer, log }: KeepLeafFreshDeps, state: LeafState, reason: string): void {
  const { fingerprint, notAfter } = signer.renew()
  state.reportedAtMs = 0
  log({ reason, fingerprint, notAfter }, 'signing leaf renewed')
}

/**
 * Tells other processes of this one and its leaf.
 *
 * @throws when the database does not answer
 */
export async function announceReplica(
  { database, signer, now, replica }: Omit<KeepLeafFreshDeps, 'log'>,
  leafEpoch: number,
): Promise<void> {
  const leaf = signer.leaf()
  await reportReplica(database, {
    ...replica,
    leafFingerprint: leaf.fingerprint,
    leafEpoch,
    leafNotBefore: leaf.notBefore,
    leafNotAfter: leaf.notAfter,
    seenAt: now(),
  })
}

/** @throws when the database does not answer */
async function follow(deps: KeepLeafFreshDeps, state: LeafState): Promise<void> {
  const { database } = deps
  const epoch = await findLeafEpoch(database)
  if (epoch !== undefined && epoch !== state.epoch) {
    renew(deps, state, 'asked for by an administrator')
    state.epoch = epoch
  }
  if (performance.now() - state.reportedAtMs < REPORT_EVERY_MS && state.reportedAtMs > 0) return
  await announceReplica(deps, state.epoch)
  state.reportedAtMs = performance.now()
  state.hasFailed = false
}

/**
 * Renews the leaf before its end and whenever `warden keys renew` raised the epoch, and tells the
 * other processes which leaf is in force here. The registry is never touched by it.
 *
 * @param leafEpoch the epoch under which the signer's first leaf was made
 * @returns stops it
 */
export function keepLeafFresh(deps: KeepLeafFreshDeps, leafEpoch: number): () => Promise<void> {
  const state: LeafState = { epoch: leafEpoch, reportedAtMs: 0, hasFailed: false }
  let running: Promise<void> | undefined
  const failed = (error: unknown): void => {
    if (!state.hasFailed) deps.log({ error }, 'the leaf cannot be followed in the database')
    state.hasFailed = true
  }
  const tick = (): void => {
    // By its date, whatever the database does.
    if (isWorn(deps.signer, deps.now()))
      renew(deps, state, 'its end is near, or the clock was set back to before its beginning')
    running ??= follow(deps, state)
      .catch(failed)
      .finally(() => {
        running = undefined
      })
  }
  tick()
  const timer = setInterval(tick, CHECK_MS)
  return async () => {
    clearInterval(timer)
    await running
  }
}
