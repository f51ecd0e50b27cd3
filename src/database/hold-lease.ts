import { randomUUID } from 'node:crypto'
import { prepareLease, releaseLease, takeLease } from './lease.ts'
import type { Database } from './open-database.ts'

/** Well within the term of a lease. */
const RENEW_AFTER_MS = 5000
const ASK_AGAIN_MS = 1000

export interface LeaseHoldDeps {
  readonly database: Database
  readonly name: string
  readonly monotonicMs: () => number
}

/** A lease that several loops of one process work under. It says who is to work, and proves nothing. */
export interface LeaseHold {
  /** Takes or renews it where that is due. @returns whether this process has it */
  readonly isHeld: () => Promise<boolean>
  readonly release: () => Promise<void>
}

/** Another process follows within the term of a lease, 15 seconds, when this one dies. */
export function createLeaseHold({ database, name, monotonicMs }: LeaseHoldDeps): LeaseHold {
  const holder = randomUUID()
  let isPrepared = false
  let isOurs = false
  let askedAtMs = Number.NEGATIVE_INFINITY
  let asking: Promise<boolean> | undefined
  const ask = async (): Promise<boolean> => {
    const beganAtMs = monotonicMs()
    if (!isPrepared) await prepareLease(database, name)
    isPrepared = true
    isOurs = await takeLease(database, name, holder)
    askedAtMs = beganAtMs
    return isOurs
  }
  const isHeld = async (): Promise<boolean> => {
    if (monotonicMs() - askedAtMs < (isOurs ? RENEW_AFTER_MS : ASK_AGAIN_MS)) return isOurs
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }
  const release = async (): Promise<void> => {
    if (isOurs) await releaseLease(database, name, holder)
    isOurs = false
  }
  return { isHeld, release }
}
