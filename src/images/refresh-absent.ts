import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import { isDigest } from '../protocol/reference.ts'
import { considerBrake } from './brake.ts'
import { addVanished, listVanishedRepositories } from './brake-queries.ts'
import type { DirtyMark } from './dirty-queries.ts'
import { outcomeOf, type RefreshDeps, type RefreshOutcome } from './refresh-outcome.ts'
import { findRepositoryIds, type RepositoryIds } from './repository-queries.ts'
import { type FoundAbsence, type WrittenAbsence, writeAbsences } from './write-findings.ts'

/** Between the two looks that take something out: where its end was told of, and where it was not. */
export const TOLD_GRACE_SECONDS = 1
export const GRACE_SECONDS = 600

/** Of a repository that the index does not have. */
const NOTHING_KNOWN: WrittenAbsence = { state: 'settled', isNews: false }

/**
 * Whether an absence counts for the brake. After a push that was told of, what ended it is told of next:
 * the registry sends one event after the other, and those of an hour when we were away at once.
 */
const isUnheardOf = ({ isDeletion, pushedAt }: DirtyMark): boolean =>
  !isDeletion && pushedAt === undefined

interface Absent {
  readonly marks: readonly DirtyMark[]
  readonly ids: RepositoryIds
  readonly ticket: number
  readonly isBraked: boolean
}

function toAbsence(
  mark: DirtyMark,
  repositoryId: number,
  { isBraked }: Pick<Absent, 'isBraked'>,
): FoundAbsence {
  const isTold = mark.isDeletion ?? false
  return {
    ...mark,
    actor: mark.actor,
    repositoryId,
    isDigest: isDigest(mark.reference),
    graceSeconds: isTold ? TOLD_GRACE_SECONDS : GRACE_SECONDS,
    isUnheardOf: isUnheardOf(mark),
    mayGo: isTold || !isBraked,
  }
}

/** All in one transaction: each by itself would wait for a disk. */
async function writeAll(database: Database, absent: Absent): Promise<readonly RefreshOutcome[]> {
  const absences = absent.marks.map((mark) => {
    const id = absent.ids.get(mark.repository)
    return id === undefined ? undefined : toAbsence(mark, id, absent)
  })
  const known = absences.filter((absence) => absence !== undefined)
  const written = await inTransaction(database, (transaction) =>
    writeAbsences(transaction, known, absent.ticket),
  )
  return absent.marks.map((mark, index) => {
    const absence = absences[index]
    const { state, isNews } = (absence && written.get(absence)) ?? NOTHING_KNOWN
    return { ...outcomeOf(mark, state), ...(isNews && { change: 'missing' }) }
  })
}

/** Counts the repositories that have lost their last tag by what was just found. */
async function countVanishedRepositories(
  database: Database,
  { marks, ids }: Absent,
  outcomes: readonly RefreshOutcome[],
): Promise<void> {
  const news = marks.filter(
    (mark, index) => isUnheardOf(mark) && outcomes[index]?.change === 'missing',
  )
  if (news.length === 0) return
  const touched = new Set(news.flatMap(({ repository }) => ids.get(repository) ?? []))
  const vanished = await listVanishedRepositories(database, [...touched])
  if (vanished.length > 0) await addVanished(database, 'repository', vanished.length)
}

/** Writes what the registry says it does not know; nothing goes while the brake is on. */
export async function refreshAbsent(
  { database }: RefreshDeps,
  marks: readonly DirtyMark[],
  ticket: number,
): Promise<readonly RefreshOutcome[]> {
  if (marks.length === 0) return []
  const ids = await findRepositoryIds(
    database,
    marks.map(({ repository }) => repository),
  )
  const absent = { marks, ids, ticket, isBraked: await considerBrake(database) }
  const outcomes = await writeAll(database, absent)
  await countVanishedRepositories(database, absent, outcomes)
  if (outcomes.some(({ change }) => change === 'missing')) await considerBrake(database)
  return outcomes
}
