import type { Service } from './service.ts'
import { waitFor } from './wait-for.ts'

/** Says that the index has just been compared with the registry, and nothing was lost. */
export async function noteReconcile({ database }: Pick<Service, 'database'>): Promise<void> {
  const now = database.raw('UTC_TIMESTAMP(3)')
  const [job] = await database('reconcile_runs').max({ id: 'job_id' })
  await database('reconcile_runs').insert({
    job_id: Number(job?.id ?? 0) + 1,
    phase: 'done',
    after_name: '',
    started_at: now,
    ended_at: now,
  })
}

export interface Age {
  readonly repository: string
  readonly tag: string
  /** Days ago. */
  readonly pushed?: number
  readonly pulled?: number
}

/** Lets a tag of the index have been pushed, or pulled, some days ago. */
export async function setAge(
  { database }: Pick<Service, 'database'>,
  { repository, tag, pushed, pulled }: Age,
): Promise<void> {
  const ago = (days: number) => database.raw('UTC_TIMESTAMP(3) - INTERVAL ? DAY', [days])
  const row = await database('repositories').where({ name: repository }).first('id')
  const changed = await database('tags')
    .where({ repository_id: row?.id, name: tag })
    .update({
      ...(pushed !== undefined && { pushed_at: ago(pushed) }),
      ...(pulled !== undefined && { pulled_at: ago(pulled) }),
    })
  if (changed !== 1) throw new Error(`there is no ${repository}:${tag} in the index`)
}

/** Asks for a dry run, and waits until it has ended. */
export async function dryRun(service: Pick<Service, 'admin'>, project: string) {
  const runs = `/api/v1/projects/${project}/retention/runs`
  const { status, body } = await service.admin('POST', runs, { dryRun: true })
  if (status !== 202) throw new Error(`${status} ${JSON.stringify(body)}`)
  const look = async () => {
    const { body: run } = await service.admin('GET', `${runs}/${body.id}`)
    return run.endedAt === null ? undefined : run
  }
  return (await waitFor(look, { mostMs: 30_000, what: 'the end of the run' })).found
}
