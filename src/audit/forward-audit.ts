import { Agent, request } from 'undici'
import type { ForwardTarget } from '../config/audit-variables.ts'
import type { Database } from '../database/open-database.ts'
import { findHead, updateForwarded } from './chain-queries.ts'
import { presentAudit } from './present-audit.ts'
import { listSealed } from './seal-queries.ts'
import type { SealedAuditRow } from './types.ts'

const FORWARDED_AT_ONCE = 200
const TIMEOUT_MS = 8000
const MOST_ANSWER_BYTES = 64 * 1024
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 300_000

/** Takes JSON lines, and has them for good when it returns. */
export interface ForwardSink {
  readonly write: (lines: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** Follows no redirect: what is forwarded goes to the address that the environment names (R20). */
function createUrlSink({ url, token }: Extract<ForwardTarget, { kind: 'url' }>): ForwardSink {
  const dispatcher = new Agent({
    connect: { timeout: TIMEOUT_MS },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    connections: 1,
  })
  const write = async (lines: string): Promise<void> => {
    const { statusCode, body } = await request(url, {
      dispatcher,
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        'user-agent': 'registry-warden',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: lines,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await body.dump({ limit: MOST_ANSWER_BYTES })
    if (statusCode >= 200 && statusCode < 300) return
    throw new Error(`the receiver of WARDEN_AUDIT_FORWARD answers ${statusCode}`)
  }
  return { write, close: () => dispatcher.destroy() }
}

/** @returns undefined where nothing is forwarded */
export function createForwardSink(
  target: ForwardTarget,
  writeOut: (text: string) => Promise<void>,
): ForwardSink | undefined {
  if (target.kind === 'off') return undefined
  if (target.kind === 'url') return createUrlSink(target)
  return { write: writeOut, close: async () => undefined }
}

const toLine = (row: SealedAuditRow): string =>
  `${JSON.stringify({ seal: row.seal, ...presentAudit(row), mac: row.mac })}\n`

export interface ForwardDeps {
  readonly database: Database
  readonly sink: ForwardSink
  readonly holder: string
}

/**
 * Sends the next rows in the order of their numbers, and notes down that they were taken. One that
 * was taken and not noted down is sent again.
 *
 * @returns how many were sent
 */
export async function forwardAudit({ database, sink, holder }: ForwardDeps): Promise<number> {
  const head = await findHead(database)
  if (head === undefined || head.forwarded >= head.seal) return 0
  const rows = await listSealed(database, {
    after: head.forwarded,
    until: head.seal,
    most: FORWARDED_AT_ONCE,
  })
  const last = rows.at(-1)
  if (last === undefined) return 0
  await sink.write(rows.map(toLine).join(''))
  await updateForwarded(database, last.seal, holder)
  return rows.length
}

/** Waits longer after every failure in a row, from one second to five minutes. */
export function createBackoff(monotonicMs: () => number) {
  let failures = 0
  let nextAtMs = 0
  return {
    isDue: (): boolean => monotonicMs() >= nextAtMs,
    succeeded: (): void => {
      failures = 0
    },
    /** @throws the same error */
    failed: (error: unknown): never => {
      nextAtMs = monotonicMs() + Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS)
      failures += 1
      throw error
    },
  }
}
