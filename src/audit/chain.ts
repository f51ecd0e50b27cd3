import { createHmac } from 'node:crypto'
import type { Link, SealedAuditRow, StoredAuditRow } from './types.ts'

/** The beginning of every chain. */
export const GENESIS: Link = { seal: 0, mac: '0'.repeat(64) }

/** `time`: how far the chain was at that time; `cut`: what stands before it was removed by its age. */
export type CheckpointKind = 'time' | 'cut'

export interface Checkpoint extends Link {
  readonly kind: CheckpointKind
  readonly proof: string
}

/** Somebody changed what only the key's owner can; nothing is built upon it. */
export class AuditChainError extends Error {
  override readonly name = 'AuditChainError'
}

type Part = string | number | null

/** A list in JSON is read in one way only, so no two of them look alike. */
const prove = (key: Buffer, use: string, parts: readonly Part[]): string =>
  createHmac('sha256', key)
    .update(JSON.stringify([`registry-warden audit ${use} 1`, ...parts]))
    .digest('hex')

/** Tells keys apart without telling anything about them. */
export const keyIdOf = (key: Buffer): string => prove(key, 'key', [])

/** The proof of a row in its place: of every field, its number, and the proof of the row before. */
export const proveRow = (key: Buffer, row: StoredAuditRow, seal: number, before: string): string =>
  prove(key, 'row', [
    seal,
    before,
    row.id,
    row.replica ?? null,
    row.sequence ?? null,
    row.time.toISOString(),
    row.actorId ?? null,
    row.actorName,
    row.onBehalfOf ?? null,
    row.action,
    row.target,
    row.project ?? null,
    row.outcome,
    row.count,
    row.address ?? null,
    row.userAgent ?? null,
    row.requestId ?? null,
  ])

/** The proof that the chain ended there: without it, rows could be taken from its end. */
export const proveHead = (key: Buffer, { seal, mac }: Link): string =>
  prove(key, 'head', [seal, mac])

export const proveCheckpoint = (key: Buffer, kind: CheckpointKind, { seal, mac }: Link): string =>
  prove(key, 'checkpoint', [kind, seal, mac])

/** Where a chain is broken, and how that can be seen. */
export interface Break {
  readonly seal: number
  /** Undefined where a row is missing. */
  readonly id?: number
  readonly reason: string
}

/**
 * Follows the chain over rows that are next in it.
 *
 * @returns the last good place, and the first break after it
 */
export function followChain(
  key: Buffer,
  from: Link,
  rows: readonly SealedAuditRow[],
): { readonly last: Link; readonly broken: Break | undefined } {
  let last = from
  for (const row of rows) {
    const seal = last.seal + 1
    if (row.seal !== seal) return { last, broken: { seal, reason: 'the row is missing' } }
    if (row.mac !== proveRow(key, row, seal, last.mac)) {
      const reason = 'the row was changed, or put in by somebody without the key'
      return { last, broken: { seal, id: row.id, reason } }
    }
    last = { seal, mac: row.mac }
  }
  return { last, broken: undefined }
}
