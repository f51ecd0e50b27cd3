import { isDigest } from '../../protocol/reference.ts'

/** What a collector says in one line of its output. */
export type CollectorWord =
  | { readonly kind: 'total'; readonly blobs: number }
  | { readonly kind: 'blob'; readonly digest: string }
  | { readonly kind: 'marking' }

const TOTAL =
  /^\d{1,15} blobs marked, (\d{1,15}) blobs and \d{1,15} manifests eligible for deletion$/
const BLOB = /^blob eligible for deletion: (\S{1,200})$/
const MARKING = /^[a-z0-9][a-z0-9._/-]{0,254}: marking manifest \S{1,200} ?$/

/**
 * Reads a line as 2.8 and 3.x print it. A blob is told right before it is swept.
 *
 * @returns undefined for everything else, which is only shown
 */
export function parseLine(line: string): CollectorWord | undefined {
  const total = TOTAL.exec(line)?.[1]
  if (total !== undefined) return { kind: 'total', blobs: Number(total) }
  const digest = BLOB.exec(line)?.[1]
  if (digest !== undefined && isDigest(digest)) return { kind: 'blob', digest }
  return MARKING.test(line) ? { kind: 'marking' } : undefined
}
