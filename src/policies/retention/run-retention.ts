import { z } from 'zod'
import { inTransaction } from '../../database/transaction.ts'
import { readIndexTrust } from '../../images/index-trust.ts'
import { defineJobKind, type JobKind, JobStopped, type RunningJob } from '../../jobs/types.ts'
import { pathInProject } from '../../protocol/reference.ts'
import { countRepositories, type ListedRepository, listRepositories } from './index-queries.ts'
import { coversRepository } from './judge-by-rules.ts'
import { openRun } from './open-run.ts'
import { planRepository } from './plan-repository.ts'
import { removePlanned } from './remove-planned.ts'
import { endRun, saveRun } from './run-queries.ts'
import type { OpenedRun, RetentionDeps, Run, Walk } from './run-types.ts'
import { trimRuns } from './trim-runs.ts'

const AT_ONCE = 100
/** Of one run; the repositories behind it are the next one's. */
const MOST_REMOVALS = 10_000
/** A run goes on where it was; what stops it may last an hour. */
const RETRY = { firstSeconds: 10, longestSeconds: 900 }

/** Why a run that removes goes no further; undefined: it may. */
async function findObstacle({ deps, job }: Walk, run: Run): Promise<string | undefined> {
  job.checkLease()
  if (run.isDryRun) return undefined
  if (run.toRemove >= MOST_REMOVALS) {
    return `${run.toRemove} tags are enough for one run; the next one goes on`
  }
  const { isTrusted, reasons } = await readIndexTrust(deps.database)
  return isTrusted ? undefined : reasons.join('; ')
}

async function dealWith(walk: Walk, run: Run, repository: ListedRepository): Promise<Run> {
  const { name } = repository
  await walk.deps.giveWay()
  const isPlanned = run.planned === name
  const planned = isPlanned ? run : await planRepository(walk, run, repository)
  const acted = run.isDryRun ? planned : await removePlanned(walk, planned, name)
  const next = { ...acted, planned: name, after: name }
  await walk.job.inLease((transaction) => saveRun(transaction, next))
  return next
}

/** Repositories that a rule speaks of, by name; those that a run is done with are left out. */
async function* walkCovered({ deps, project, run }: Walk): AsyncGenerator<ListedRepository> {
  for (let after = run.after; ; ) {
    const page = await listRepositories(deps.database, { project, after, most: AT_ONCE })
    const last = page.at(-1)
    if (last === undefined) return
    yield* page.filter(({ name }) =>
      run.rules.some((rule) => coversRepository(rule, pathInProject(name))),
    )
    after = last.name
  }
}

/** @returns how far it came, and why not to the end */
async function walkProject(walk: Walk): Promise<{ readonly run: Run; readonly why?: string }> {
  const { deps, job, project } = walk
  const total = await countRepositories(deps.database, project)
  let { run } = walk
  for await (const repository of walkCovered(walk)) {
    const why = await findObstacle(walk, run)
    if (why !== undefined) return { run, why }
    run = await dealWith(walk, run, repository)
    job.progress(run.repositories, Math.max(total, run.repositories))
  }
  return { run }
}

async function work(deps: RetentionDeps, job: RunningJob<unknown>, opened: OpenedRun) {
  const { isTrusted, reasons } = await readIndexTrust(deps.database)
  const { run } = opened
  if (!isTrusted) {
    const outcome = run.after === '' ? 'skipped' : 'stopped'
    const detail = reasons.join('; ')
    return job.inLease((transaction) => endRun(transaction, run.id, { outcome, detail }))
  }
  const isImmutable = await deps.readImmutable(deps.database, run.projectId)
  const { run: last, why } = await walkProject({ ...opened, deps, job, isImmutable })
  const outcome = why === undefined ? 'done' : 'stopped'
  await job.inLease((transaction) => endRun(transaction, run.id, { outcome, detail: why }))
  const verb = run.isDryRun ? 'would go' : 'were to go'
  job.tell(
    `run ${run.id} of ${opened.project}: ${last.kept} tags stay, ${last.toRemove} ${verb}, ${last.removed} are removed`,
  )
}

/** Lets the rules of a project decide over its tags, repository by repository, and removes what they let go. */
export const createRetentionKind = (deps: RetentionDeps): JobKind =>
  defineJobKind({
    payload: z.strictObject({ projectId: z.int() }),
    retry: RETRY,
    atOnce: 1,
    run: async (job) => {
      const opened = await openRun(deps, job)
      if (opened === undefined) return
      try {
        await work(deps, job, opened)
      } catch (error) {
        if (error instanceof JobStopped && error.why === 'cancelled') {
          await inTransaction(deps.database, (transaction) =>
            endRun(transaction, opened.run.id, { outcome: 'cancelled' }),
          )
        }
        throw error
      }
      await trimRuns(deps.database, opened.run.projectId)
    },
  })
