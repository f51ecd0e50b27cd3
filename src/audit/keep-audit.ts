import { randomUUID } from 'node:crypto'
import type { AuditConfig } from '../config/audit-variables.ts'
import type { Database } from '../database/open-database.ts'
import { repeat } from '../database/repeat.ts'
import { openAuditKey } from './audit-key.ts'
import { releaseChain, takeChain } from './chain-queries.ts'
import { createBackoff, createForwardSink, forwardAudit } from './forward-audit.ts'
import { checkpointAudit, SEALED_AT_ONCE, type SealDeps, sealAudit } from './seal-audit.ts'
import { trimAudit } from './trim-audit.ts'

const EVERY_MS = 1000
const FLUSH_EVERY_MS = 2000
/** Well within the term of the chain. */
const RENEW_AFTER_MS = 5000
const HELD_MS = 12_000
const NOTE_EVERY_MS = 60_000
const TRIM_EVERY_MS = 60_000
const MOST_BATCHES = 40

export interface KeepAuditDeps {
  readonly database: Database
  readonly keyPath: string
  readonly config: AuditConfig
  readonly log: {
    readonly info: (fields: object, message: string) => void
    readonly warn: (fields: object, message: string) => void
  }
  readonly writeOut: (text: string) => Promise<void>
  readonly flush: (input?: { readonly isLast: boolean }) => Promise<void>
  /** How long rows are kept; null for ever. */
  readonly readRetentionDays: () => Promise<number | null>
  readonly monotonicMs: () => number
}

/** The chain is one process's at a time; the others look whether it is free. */
function createHold({ database, monotonicMs }: KeepAuditDeps, holder: string) {
  let takenAtMs = Number.NEGATIVE_INFINITY
  const take = async (): Promise<boolean> => {
    const beganAtMs = monotonicMs()
    if (beganAtMs - takenAtMs < RENEW_AFTER_MS) return true
    const isTaken = await takeChain(database, holder)
    takenAtMs = isTaken ? beganAtMs : Number.NEGATIVE_INFINITY
    return isTaken
  }
  const isHeld = (): boolean => monotonicMs() - takenAtMs < HELD_MS
  const release = async (): Promise<void> => {
    takenAtMs = Number.NEGATIVE_INFINITY
    await releaseChain(database, holder)
  }
  return { take, isHeld, release }
}

type Hold = ReturnType<typeof createHold>

/** Numbers what waits, and removes what is old. */
function createTending(deps: KeepAuditDeps, holder: string, hold: Hold) {
  const { database, keyPath, config, log, monotonicMs } = deps
  let key: Buffer | undefined
  let notedAtMs = Number.NEGATIVE_INFINITY
  let trimmedAtMs = Number.NEGATIVE_INFINITY
  const inBatches = async (step: () => Promise<boolean>): Promise<void> => {
    for (let batch = 0; batch < MOST_BATCHES; batch++) {
      if (!(await step())) return
      await hold.take()
    }
  }
  const trim = async (chain: SealDeps): Promise<void> => {
    if (monotonicMs() - trimmedAtMs < TRIM_EVERY_MS) return
    const days = await deps.readRetentionDays()
    if (days === null) return
    const input = { days, isForwarded: config.forward.kind !== 'off' }
    let isDone = false
    await inBatches(async () => {
      isDone = (await trimAudit(chain, input)) === 0
      return !isDone
    })
    if (isDone) trimmedAtMs = monotonicMs()
  }
  const noteDown = async (chain: SealDeps, hasGrown: boolean): Promise<void> => {
    if (!hasGrown && monotonicMs() - notedAtMs < NOTE_EVERY_MS) return
    notedAtMs = monotonicMs()
    const checkpoint = await checkpointAudit(chain)
    if (checkpoint !== undefined) log.info({ ...checkpoint }, 'audit checkpoint')
  }
  return async (): Promise<void> => {
    key ??= await openAuditKey({ database, path: keyPath })
    if (!(await hold.take())) return
    const chain = { database, key, holder }
    let sealed = 0
    await inBatches(async () => {
      const some = await sealAudit(chain)
      sealed += some
      return some === SEALED_AT_ONCE
    })
    await noteDown(chain, sealed > 0)
    await trim(chain)
  }
}

/** Sends what is numbered, where that is wanted. */
function createForwarding(deps: KeepAuditDeps, holder: string, hold: Hold) {
  const { database, config, log, writeOut, monotonicMs } = deps
  const sink = createForwardSink(config.forward, writeOut)
  if (sink === undefined) return async () => undefined
  const backoff = createBackoff(monotonicMs)
  const send = async (): Promise<void> => {
    for (let batch = 0; batch < MOST_BATCHES && hold.isHeld(); batch++) {
      if ((await forwardAudit({ database, sink, holder })) === 0) return
    }
  }
  const work = async (): Promise<void> => {
    if (backoff.isDue()) await send().then(backoff.succeeded, backoff.failed)
  }
  const stop = repeat({
    everyMs: EVERY_MS,
    work,
    onFailure: (error) => log.warn({ error }, 'the audit record cannot be forwarded now'),
  })
  return async (): Promise<void> => {
    await stop()
    await sink.close()
  }
}

/**
 * Keeps the record: writes what was counted, seals, removes what is old, forwards.
 *
 * @returns stops it, with the last counts written down
 */
export function keepAudit(deps: KeepAuditDeps): () => Promise<void> {
  const { flush, log } = deps
  const holder = randomUUID()
  const hold = createHold(deps, holder)
  const tend = createTending(deps, holder, hold)
  const onFailure = (message: string) => (error: unknown) => log.warn({ error }, message)
  const stopFlushing = repeat({
    everyMs: FLUSH_EVERY_MS,
    work: flush,
    onFailure: onFailure('what was counted for the audit record cannot be written now'),
  })
  const stopTending = repeat({
    everyMs: EVERY_MS,
    work: tend,
    onFailure: onFailure('the audit record cannot be sealed now'),
  })
  const stopForwarding = createForwarding(deps, holder, hold)
  return async () => {
    await Promise.all([stopFlushing(), stopTending(), stopForwarding()])
    await flush({ isLast: true }).catch(onFailure('the last counts of the audit record are lost'))
    if (hold.isHeld()) await tend().catch(onFailure('the last audit rows are not sealed yet'))
    await hold.release().catch(() => undefined)
  }
}
