import type { Database } from '../database/open-database.ts'
import {
  type DirtyFigure,
  type FigureKind,
  listDirtyFigures,
  markFigures,
  postponeFigure,
  removeDirtyFigure,
} from './dirty-queries.ts'
import { recomputeProject, recomputeRepository } from './figure-queries.ts'

const AT_ONCE = 100
/** What took so long is not counted again before this many times as long has passed. */
const REST = 10
/** Below this nothing has to rest. */
const SHORT_MS = 50

export interface FiguresDeps {
  readonly database: Database
  readonly monotonicMs: () => number
}

async function recompute({ database }: FiguresDeps, { kind, name }: DirtyFigure): Promise<void> {
  if (kind === 'project') return recomputeProject(database, name)
  const project = await recomputeRepository(database, name)
  if (project !== undefined) await markFigures(database, 'project', [project])
}

async function recomputeKind(
  deps: FiguresDeps,
  kind: FigureKind,
  rests: Map<string, number>,
): Promise<number> {
  const { database, monotonicMs } = deps
  const due = await listDirtyFigures(database, kind, AT_ONCE)
  for (const figure of due) {
    const key = `${kind} ${figure.name}`
    const restMs = (rests.get(key) ?? 0) - monotonicMs()
    if (restMs > 0) {
      await postponeFigure(database, figure, restMs)
      continue
    }
    const startedAtMs = monotonicMs()
    await recompute(deps, figure)
    const tookMs = monotonicMs() - startedAtMs
    rests.delete(key)
    if (tookMs > SHORT_MS) rests.set(key, monotonicMs() + tookMs * REST)
    await removeDirtyFigure(database, figure)
  }
  return due.length
}

/** Counts anew what changed since it was counted: repositories first, then their projects. */
export function createRecomputeFigures(deps: FiguresDeps): () => Promise<number> {
  const rests = new Map<string, number>()
  return async () => {
    const now = deps.monotonicMs()
    for (const [key, until] of rests) if (until < now) rests.delete(key)
    const repositories = await recomputeKind(deps, 'repository', rests)
    return repositories + (await recomputeKind(deps, 'project', rests))
  }
}
