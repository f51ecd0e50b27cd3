import { actorOf, recordAudit } from '../../audit/record.ts'
import type { Database } from '../../database/open-database.ts'
import { inTransaction } from '../../database/transaction.ts'
import type { Caller } from '../../http/caller.ts'
import { requireRepository, unknownRepository } from '../../images/require-repository.ts'
import { requireNoRestoreHold } from '../../images/restore-hold.ts'
import { enqueueJob } from '../../jobs/enqueue-job.ts'
import { type RequirePermissionDeps, requireProject } from '../../projects/require-permission.ts'
import { pathInProject, projectOf } from '../../protocol/reference.ts'
import { closeRemovedTags } from '../lost-pushes/queries.ts'
import { insertRemoval, type NewRemoval, setRemovalJob } from './queries.ts'
import { readRemoval } from './read-removal.ts'
import { requireDelete } from './require-right.ts'
import { KIND } from './run-removal.ts'
import { isRepositoryListed } from './select-queries.ts'
import type { RemovalFilter, RemovalReading } from './types.ts'

export interface RequestRemovalDeps extends RequirePermissionDeps {
  readonly refreshCaller: (transaction: Database, caller: Caller) => Promise<Caller>
  /** Lets a worker of this process look at once. */
  readonly wake: () => void
}

async function enqueue(transaction: Database, removal: NewRemoval): Promise<RemovalReading> {
  const id = await insertRemoval(transaction, removal)
  const jobId = await enqueueJob(transaction, { kind: KIND, payload: { removalId: id } })
  await setRemovalJob(transaction, { id, jobId })
  return readRemoval(transaction, { project: removal.project, id })
}

export interface RequestRemovalInput {
  readonly caller: Caller
  readonly project: string
  readonly filter: RemovalFilter
  readonly isDryRun: boolean
}

/**
 * Asks for the removal of every tag of a project that fits a filter, as a job.
 *
 * @throws AppError UNAUTHORIZED (401), PROJECT_UNKNOWN (404), DENIED (403), CONFLICT (409) after a
 *   restore that nobody has confirmed
 */
export async function requestRemoval(
  deps: RequestRemovalDeps,
  { caller, project, filter, isDryRun }: RequestRemovalInput,
): Promise<RemovalReading> {
  const removal = await inTransaction(deps.database, async (transaction) => {
    const fresh = await deps.refreshCaller(transaction, caller)
    const within = { ...deps, database: transaction }
    await requireProject(within, { caller: fresh, name: project, permission: 'removal:write' })
    if (!isDryRun) {
      requireDelete(fresh, project)
      await requireNoRestoreHold(transaction)
    }
    const actor = actorOf(fresh.subject)
    const { subject: asker } = fresh
    const asked = { project, filter, isDryRun, actor, asker, right: 'removal:write' } as const
    const made = await enqueue(transaction, asked)
    await recordAudit(transaction, fresh, {
      action: 'removal.start',
      target: `${project}/${made.id}${isDryRun ? ' (dry run)' : ''}`,
      project,
      outcome: 'done',
    })
    return made
  })
  deps.wake()
  return removal
}

/**
 * Asks for the removal of every tag of one repository, as a job. The registry keeps an empty name,
 * which no list of ours shows; the next push brings it back.
 *
 * @throws AppError UNAUTHORIZED (401), REPOSITORY_UNKNOWN (404), DENIED (403), CONFLICT (409) after a
 *   restore that nobody has confirmed
 */
export async function deleteRepository(
  deps: RequestRemovalDeps,
  { caller, repository }: { readonly caller: Caller; readonly repository: string },
): Promise<RemovalReading> {
  const project = projectOf(repository)
  const removal = await inTransaction(deps.database, async (transaction) => {
    const fresh = await deps.refreshCaller(transaction, caller)
    const within = { ...deps, database: transaction }
    const permission = 'repository:delete'
    await requireRepository(within, { caller: fresh, repository, permission })
    if (!(await isRepositoryListed(transaction, repository))) throw unknownRepository(repository)
    await requireNoRestoreHold(transaction)
    const filter = {
      repository,
      repositories: [pathInProject(repository)],
      tags: undefined,
      pushedBefore: undefined,
      pulledBefore: undefined,
    }
    const actor = actorOf(fresh.subject)
    const { subject: asker } = fresh
    const asked = { project, filter, isDryRun: false, actor, asker, right: permission } as const
    await closeRemovedTags(transaction, { repository })
    const made = await enqueue(transaction, asked)
    const entry = { action: 'repository.delete', target: repository, project } as const
    await recordAudit(transaction, fresh, { ...entry, outcome: 'done' })
    return made
  })
  deps.wake()
  return removal
}
