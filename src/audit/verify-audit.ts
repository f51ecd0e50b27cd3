import type { Database } from '../database/open-database.ts'
import {
  AuditChainError,
  type Break,
  type Checkpoint,
  followChain,
  proveCheckpoint,
  proveHead,
} from './chain.ts'
import { findHead } from './chain-queries.ts'
import { listCheckpoints } from './checkpoint-queries.ts'
import { findCut } from './cut.ts'
import { countUnsealed, findLastSeal, listSealed } from './seal-queries.ts'
import type { Link, SealedAuditRow } from './types.ts'

const STEP = 1000

export interface VerifyAuditDeps {
  readonly database: Database
  readonly key: Buffer
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void
}

export interface VerifyAuditInput {
  /** A place that was noted down elsewhere, such as in the log; the chain must still pass it. */
  readonly known: Link | undefined
}

export interface Verification {
  /** The first row that is in the record; those before it were removed by their age. */
  readonly from: number
  readonly until: number
  /** Rows that have no number yet: the youngest second, or more where nothing seals. */
  readonly unsealed: number
  readonly broken: Break | undefined
}

interface Walk {
  readonly from: Link
  readonly last: Link
  readonly broken: Break | undefined
}

/** Holds what was noted down on the way against the rows of one step. */
function checkNoted(
  key: Buffer,
  noted: readonly (Link & Partial<Checkpoint>)[],
  rows: readonly SealedAuditRow[],
): Break | undefined {
  const macs = new Map(rows.map(({ seal, mac }) => [seal, mac]))
  for (const { seal, mac, kind, proof } of noted) {
    const isProven = kind === undefined || proof === proveCheckpoint(key, kind, { seal, mac })
    if (!isProven) return { seal, reason: 'the checkpoint there was changed' }
    if (macs.get(seal) !== mac) return { seal, reason: 'the row is not the one of the checkpoint' }
  }
  return undefined
}

async function walkStep(
  { database, key }: VerifyAuditDeps,
  { known }: VerifyAuditInput,
  { from, head }: { readonly from: Link; readonly head: Link },
): Promise<Omit<Walk, 'from'>> {
  const until = Math.min(from.seal + STEP, head.seal)
  const rows = await listSealed(database, { after: from.seal, until, most: STEP })
  const { last, broken } = followChain(key, from, rows)
  if (broken !== undefined) return { last, broken }
  if (last.seal < until) {
    return { last, broken: { seal: last.seal + 1, reason: 'the row is missing' } }
  }
  const checkpoints = await listCheckpoints(database, { after: from.seal, until })
  const isHere = known !== undefined && known.seal > from.seal && known.seal <= until
  return { last, broken: checkNoted(key, [...checkpoints, ...(isHere ? [known] : [])], rows) }
}

async function walk(deps: VerifyAuditDeps, input: VerifyAuditInput, head: Link): Promise<Walk> {
  const { database, key, onProgress } = deps
  const start = await findCut(database, key)
  let from = start
  let begin = start
  while (from.seal < head.seal) {
    const { last, broken } = await walkStep(deps, input, { from, head })
    if (broken !== undefined) {
      // Old rows may have been removed by their age while this walked over them.
      const cut = await findCut(database, key)
      if (cut.seal < broken.seal) return { from: begin, last, broken }
      from = cut
      begin = cut
      continue
    }
    from = last
    onProgress({ done: from.seal - start.seal, total: head.seal - start.seal })
  }
  return { from: begin, last: from, broken: undefined }
}

interface End {
  readonly from: Link
  readonly last: Link
  readonly head: Link
}

/** Holds the last row, and a place that was noted down elsewhere, against the end of the chain. */
function checkPlaces({ from, last, head }: End, known: Link | undefined): Break | undefined {
  if (last.seal === head.seal && last.mac !== head.mac) {
    return { seal: head.seal, reason: 'the last row is not the one that the chain ends with' }
  }
  if (known === undefined) return undefined
  if (known.seal > head.seal) {
    return { seal: head.seal + 1, reason: 'rows up to the known checkpoint are missing' }
  }
  if (known.seal === from.seal && known.mac !== from.mac) {
    return { seal: known.seal, reason: 'the row is not the one of the checkpoint' }
  }
  return undefined
}

/** Looks for what stands beyond the end, and whether the end itself is proven. */
async function checkBeyond(
  { database, key }: VerifyAuditDeps,
  head: Link,
): Promise<Break | undefined> {
  // Read before the end is read again, so that what is sealed meanwhile is never above it.
  const lastSeal = await findLastSeal(database)
  const range = { after: head.seal, until: Number.MAX_SAFE_INTEGER }
  const noted = (await listCheckpoints(database, range)).at(-1)
  const now = await findHead(database)
  if (now === undefined || now.proof !== proveHead(key, now)) {
    return { seal: head.seal, reason: 'the end of the chain was changed' }
  }
  if (lastSeal > now.seal) {
    return { seal: now.seal + 1, reason: 'the row was put in after the end of the chain' }
  }
  if (noted !== undefined && noted.seal > now.seal) {
    return { seal: now.seal + 1, reason: 'rows up to the last checkpoint are missing' }
  }
  return undefined
}

/**
 * Walks the whole chain in small steps, beside a service that goes on writing.
 *
 * @throws AuditChainError when there is no chain
 */
export async function verifyAudit(
  deps: VerifyAuditDeps,
  input: VerifyAuditInput,
): Promise<Verification> {
  const { database } = deps
  const unsealed = await countUnsealed(database)
  const head = await findHead(database)
  if (head === undefined) throw new AuditChainError('there is no audit chain yet')
  const told = (from: number, until: number, broken: Break | undefined): Verification => ({
    from: from + 1,
    until,
    unsealed,
    broken,
  })
  try {
    const { from, last, broken } = await walk(deps, input, head)
    if (broken !== undefined) return told(from.seal, last.seal, broken)
    const atEnd = checkPlaces({ from, last, head }, input.known) ?? (await checkBeyond(deps, head))
    return told(from.seal, last.seal, atEnd)
  } catch (error) {
    if (!(error instanceof AuditChainError)) throw error
    const reason = error.message
    return told(0, 0, { seal: 1, reason })
  }
}
