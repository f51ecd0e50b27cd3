import type { Database } from '../database/open-database.ts'
import { inTransaction } from '../database/transaction.ts'
import {
  type DirtyFigure,
  type FigureKind,
  listDirtyFigures,
  lockMarkedNames,
  markFigures,
  postponeFigures,
  removeDirtyFigures,
} from './figure-mark-queries.ts'
import {
  countProject,
  countRepositories,
  lockRepositories,
  writeProject,
  writeRepositories,
} from './figure-queries.ts'

const AT_ONCE = 100
/** What took so long is not counted again before this many times as long has passed. */
const REST = 10
/** Below this nothing has to rest. */
const SHORT_MS = 50
/** Some of a batch that took longer are large: each is counted by itself for a while. */
const LONG_BATCH_MS = 500
const APART_MS = 600_000
/** All repositories of a project are looked through, whichever changed: it has a fifth of the time. */
const PROJECTS_REST = 4

export interface FiguresDeps {
  readonly database: Database
  readonly monotonicMs: () => number
}

/** When what was counted is to be counted again at the earliest, and what is counted by itself. */
interface Pace {
  readonly rests: Map<string, number>
  readonly apart: Map<string, number>
  /** When projects are counted again at the earliest. */
  projectsAtMs: number
}

const keyOf = ({ kind, name }: DirtyFigure): string => `${kind} ${name}`

/**
 * What was counted is written together with the end of its mark, and only while there is one: a process
 * that was held up in between would write what was long ago over what another has counted since.
 */
async function recomputeRepositories(
  { database }: FiguresDeps,
  batch: readonly DirtyFigure[],
): Promise<void> {
  const counted = await countRepositories(
    database,
    batch.map(({ name }) => name),
  )
  await inTransaction(database, async (transaction) => {
    await lockRepositories(
      transaction,
      counted.map(({ id }) => id),
    )
    const marked = await lockMarkedNames(transaction, batch)
    const figures = counted.filter(({ name }) => marked.has(name))
    await writeRepositories(transaction, figures)
    const projects = figures.map(({ project }) => project)
    await markFigures(transaction, 'project', projects)
    await removeDirtyFigures(transaction, batch)
  })
}

async function recomputeProject({ database }: FiguresDeps, figure: DirtyFigure): Promise<void> {
  const counted = await countProject(database, figure.name)
  await inTransaction(database, async (transaction) => {
    const marked = await lockMarkedNames(transaction, [figure])
    if (marked.has(figure.name)) await writeProject(transaction, counted)
    await removeDirtyFigures(transaction, [figure])
  })
}

/** @param batch of one kind */
async function recompute(deps: FiguresDeps, batch: readonly DirtyFigure[]): Promise<void> {
  if (batch[0]?.kind === 'repository') return recomputeRepositories(deps, batch)
  for (const project of batch) await recomputeProject(deps, project)
}

/** Notes what is not to be counted again soon, and what not together with others. */
function notePace(
  { rests, apart }: Pace,
  batch: readonly DirtyFigure[],
  { nowMs, tookMs }: { readonly nowMs: number; readonly tookMs: number },
): void {
  const [only] = batch
  if (only === undefined) return
  if (batch.length > 1) {
    if (tookMs > LONG_BATCH_MS) for (const one of batch) apart.set(keyOf(one), nowMs + APART_MS)
    return
  }
  if (tookMs > SHORT_MS) rests.set(keyOf(only), nowMs + tookMs * REST)
}

async function countBatch(
  deps: FiguresDeps,
  pace: Pace,
  batch: readonly DirtyFigure[],
): Promise<void> {
  const startedAtMs = deps.monotonicMs()
  await recompute(deps, batch)
  const nowMs = deps.monotonicMs()
  notePace(pace, batch, { nowMs, tookMs: nowMs - startedAtMs })
}

/** Lets those wait that were counted a moment ago. @returns the others */
async function letRest(
  { database, monotonicMs }: FiguresDeps,
  { rests }: Pace,
  due: readonly DirtyFigure[],
): Promise<readonly DirtyFigure[]> {
  const nowMs = monotonicMs()
  const groups = new Map<number, DirtyFigure[]>()
  for (const figure of due) {
    const restMs = (rests.get(keyOf(figure)) ?? 0) - nowMs
    if (restMs <= 0) continue
    const milliseconds = Math.ceil(restMs / 100) * 100
    groups.set(milliseconds, [...(groups.get(milliseconds) ?? []), figure])
  }
  for (const [milliseconds, group] of groups) await postponeFigures(database, group, milliseconds)
  const resting = new Set([...groups.values()].flat())
  return due.filter((figure) => !resting.has(figure))
}

async function recomputeKind(deps: FiguresDeps, kind: FigureKind, pace: Pace): Promise<number> {
  const due = await listDirtyFigures(deps.database, kind, AT_ONCE)
  const counted = await letRest(deps, pace, due)
  const isApart = (figure: DirtyFigure): boolean =>
    kind === 'project' || pace.apart.has(keyOf(figure))
  const together = counted.filter((figure) => !isApart(figure))
  if (together.length > 0) await countBatch(deps, pace, together)
  for (const figure of counted.filter(isApart)) await countBatch(deps, pace, [figure])
  return due.length
}

/**
 * Counts anew what changed since it was counted: repositories first, then their projects.
 *
 * @returns whether more may be due
 */
export function createRecomputeFigures(deps: FiguresDeps): () => Promise<boolean> {
  const pace: Pace = { rests: new Map(), apart: new Map(), projectsAtMs: 0 }
  const countProjects = async (): Promise<number> => {
    const startedAtMs = deps.monotonicMs()
    if (startedAtMs < pace.projectsAtMs) return 0
    const projects = await recomputeKind(deps, 'project', pace)
    const nowMs = deps.monotonicMs()
    pace.projectsAtMs = nowMs + (nowMs - startedAtMs) * PROJECTS_REST
    return projects
  }
  return async () => {
    const now = deps.monotonicMs()
    for (const times of [pace.rests, pace.apart]) {
      for (const [key, until] of times) if (until < now) times.delete(key)
    }
    const repositories = await recomputeKind(deps, 'repository', pace)
    const projects = await countProjects()
    return Math.max(repositories, projects) === AT_ONCE
  }
}
