import pLimit from 'p-limit'
import { z } from 'zod'
import { inBatches } from '../../database/bulk.ts'
import { AppError } from '../../errors.ts'
import { engageBrake, readBrakeRow } from '../../images/brake-queries.ts'
import { READS_AT_ONCE } from '../../images/read-trees.ts'
import { isRegistryAway } from '../../images/refresh-outcome.ts'
import { defineJobKind, type JobKind, type RunningJob } from '../../jobs/types.ts'
import { judgeLists } from './judge-lists.ts'
import { listAhead } from './list-ahead.ts'
import { openRun, removeOldRuns, saveRun } from './queries.ts'
import { type ReadSlice, readSlice } from './read-slice.ts'
import { addCounts, type Counts, type Phase, type ReconcileDeps, type Run } from './types.ts'
import { walkCatalog } from './walk-catalog.ts'
import { listUnwalked, markWalked } from './walk-queries.ts'

export const KIND = 'reconcile'
/** Repositories between two moments at which another worker could go on. */
const STEP = 100
/** Steps that are read at once: while one is written down, the registry is asked for the next. */
const STEPS_AT_ONCE = 2
const KEEP_RUNS = { keepDays: 90, most: 1000 }
/** A registry that is away for long is waited for: some quarters of an hour, after the first minute. */
const RETRY = { firstSeconds: 5, longestSeconds: 900 }

interface Walk {
  readonly deps: ReconcileDeps
  readonly job: RunningJob<unknown>
  /** Repositories of the last run, to tell how far this one is. */
  readonly expected: number
}

/** A registry that is away as a whole ends the attempt; one name that is not answered does not. */
async function requireRegistry({ deps }: Walk, failures: readonly unknown[]): Promise<void> {
  if (failures.some(isRegistryAway)) await deps.registry.ping()
}

function tellFailures({ deps, job }: Walk, { failures }: ReadSlice): void {
  const [first] = failures
  if (first === undefined) return
  const words = first instanceof Error ? first.message : String(first)
  job.tell(`${failures.length} could not be read; the first: ${words}`)
  deps.log.warn({ jobId: job.id, failures: failures.length, error: first }, 'reconcile')
}

/** What was read of some repositories, and how the last of them is called. */
interface Step {
  readonly names: readonly string[]
  readonly slice: ReadSlice
}

const readStep = async ({ deps, job }: Walk, names: readonly string[]): Promise<Step> => ({
  names,
  slice: await readSlice(deps, { names, check: job.checkLease }),
})

/** Writes down that some repositories were dealt with. */
async function endStep(
  walk: Walk,
  run: Run,
  { names, slice, phase, more }: Step & { readonly phase: Phase; readonly more: Partial<Counts> },
): Promise<Run> {
  const { job, expected } = walk
  await requireRegistry(walk, slice.failures)
  tellFailures(walk, slice)
  const counts = addCounts(addCounts(run, slice.counts), more)
  const next: Run = { ...run, ...counts, phase, after: names.at(-1) ?? run.after }
  await job.inLease(async (transaction) => {
    await markWalked(transaction, run.id, names)
    await saveRun(transaction, next)
  })
  job.progress(next.repositories, Math.max(expected, next.repositories))
  return next
}

/** Names of the catalog, as many as one step deals with. */
async function* listSteps({ deps, job }: Walk, after: string): AsyncGenerator<readonly string[]> {
  for await (const page of walkCatalog(deps.registry, { after, signal: job.signal })) {
    yield* inBatches(page, STEP)
  }
}

async function walkListed(walk: Walk, begun: Run): Promise<Run> {
  let run = begun
  const { job } = walk
  const read = (names: readonly string[]): Promise<Step | { readonly error: unknown }> =>
    readStep(walk, names).catch((error: unknown) => ({ error }))
  for await (const step of listAhead(listSteps(walk, run.after), STEPS_AT_ONCE, read)) {
    if ('error' in step) throw step.error
    const more = { listed: step.names.length }
    run = await endStep(walk, run, { ...step, phase: 'catalog', more })
  }
  const next: Run = { ...run, phase: 'index', after: '' }
  await job.inLease((transaction) => saveRun(transaction, next))
  return next
}

/** What the index has and the catalog left out: asked for directly, each by itself. */
async function walkUnlisted(walk: Walk, begun: Run): Promise<Run> {
  let run = begun
  for (;;) {
    const { id: runId, after } = run
    const left = await listUnwalked(walk.deps.database, { runId, after, most: STEP })
    if (left.length === 0) return run
    const names = left.map(({ name }) => name)
    const step = await readStep(walk, names)
    const next = await endStep(walk, run, { ...step, phase: 'index', more: {} })
    const { living } = step.slice
    // One that came while the catalog was read may stand where it had been read already.
    const omitted = left.filter(
      ({ name, createdAt }) => living.has(name) && createdAt < run.startedAt,
    )
    run = addRun(next, { omittedRepositories: omitted.length })
  }
}

const addRun = (run: Run, more: Partial<Counts>): Run => ({ ...run, ...addCounts(run, more) })

async function finish({ deps, job }: Walk, run: Run): Promise<void> {
  await job.inLease(async (transaction) => {
    await judgeLists(transaction, run)
    await saveRun(transaction, { ...run, phase: 'done' })
  })
  await removeOldRuns(deps.database, { before: run.id, ...KEEP_RUNS })
  const { repositories, tags, added, moved, missing, failures } = run
  job.tell(
    `${repositories} repositories and ${tags} tags: ${added} added, ${moved} moved, ${missing} missing, ${failures} not read`,
  )
}

async function reconcile(deps: ReconcileDeps, job: RunningJob<unknown>): Promise<void> {
  const { known } = await readBrakeRow(deps.database)
  const looks = pLimit(READS_AT_ONCE)
  const walk: Walk = { deps: { ...deps, looks }, job, expected: known.repository }
  let run = await openRun(deps.database, job.id)
  if (run.phase === 'done') return
  if (run.after !== '') job.tell(`going on after ${run.after}`)
  if (run.phase === 'catalog') run = await walkListed(walk, run)
  await finish(walk, await walkUnlisted(walk, run))
}

const isNonsense = (error: unknown): error is AppError =>
  error instanceof AppError && error.code === 'REGISTRY_FAILED'

/** Compares the index with the registry: what the catalog lists, then what only the index knows. */
export const createReconcileKind = (deps: ReconcileDeps): JobKind =>
  defineJobKind({
    payload: z.strictObject({}),
    retry: RETRY,
    atOnce: 1,
    run: async (job) => {
      try {
        await reconcile(deps, job)
      } catch (error) {
        // A registry that is away says nothing; a catalog that is none is not to be believed.
        if (isNonsense(error)) {
          const detail = `the registry's catalog cannot be read: ${error.message}`
          await engageBrake(deps.database, { reason: 'lists', detail })
        }
        throw error
      }
    },
  })
