import type { FaultWorld } from './fault-world.ts'
import { PATIENT } from './fault-world.ts'
import type { Asked } from './faulty-registry.ts'
import { pushIndexed } from './index-rows.ts'
import { noteReconcile, setAge } from './retention-world.ts'
import { ADMIN, type Reply, type Service } from './service.ts'
import { waitFor } from './wait-for.ts'

/** Something that deletes or copies, with what is in its repository. */
export interface Operation {
  readonly repository: string
  /** Whether a request is the one in its middle. */
  readonly isMiddle: (asked: Asked) => boolean
  /** Asks for it. */
  readonly start: () => Promise<Reply>
  /** What people are told of it: the answer's detail, or why the job's last attempt failed. */
  readonly told: (reply: Reply) => Promise<string | undefined>
  /** Whether it is at its end; asks for it again where the caller is told to. */
  readonly look: (reply: Reply) => Promise<boolean>
  /** The tags that are there before, and those that are there at the end. */
  readonly before: Readonly<Record<string, string>>
  readonly after: Readonly<Record<string, string>>
}

const push = async (service: Service, repository: string, tags: readonly string[], text: string) =>
  (await pushIndexed(service, { as: ADMIN, repository, tags, text })).digest

const byDigest = (repository: string) => (asked: Asked) =>
  asked.method === 'DELETE' && asked.path.startsWith(`/v2/${repository}/manifests/sha256:`)

/** Where a removal stands, and why some of it waits. */
const ofRemoval = ({ admin }: Service): Pick<Operation, 'told' | 'look'> => {
  const pathOf = ({ headers }: Reply) => headers.get('location') ?? ''
  return {
    told: async (reply) => {
      const { body } = await admin('GET', pathOf(reply))
      if (body.error !== null) return body.error
      const { body: page } = await admin('GET', `${pathOf(reply)}/items?outcome=waiting`)
      return page.items[0]?.reason ?? undefined
    },
    look: async (reply) => (await admin('GET', pathOf(reply))).body.endedAt !== null,
  }
}

/** What is told at once, and done by asking again. */
const ofAnswer = (ask: () => Promise<Reply>, isDone: (reply: Reply) => boolean) => ({
  told: async ({ body }: Reply) => body?.detail,
  look: async () => isDone(await ask()),
})

type Prepare = (world: FaultWorld, project: string) => Promise<Operation>

const removeMany: Prepare = async ({ service }, project) => {
  const repository = `${project}/many`
  const shared = await push(service, repository, ['a', 'b', 'keep'], `${project} shared`)
  const alone = await push(service, repository, ['c'], `${project} alone`)
  const json = { repositories: ['many'], tags: ['a', 'b', 'c'], dryRun: false }
  return {
    repository,
    isMiddle: byDigest(repository),
    start: () => service.admin('POST', `/api/v1/projects/${project}/removals`, json),
    ...ofRemoval(service),
    before: { a: shared, b: shared, keep: shared, c: alone },
    after: { keep: shared },
  }
}

const deleteManifest: Prepare = async ({ service }, project) => {
  const repository = `${project}/digest`
  const going = await push(service, repository, ['a', 'b'], `${project} going`)
  const keep = await push(service, repository, ['keep'], `${project} keeping`)
  const ask = () =>
    service.admin('DELETE', `/api/v1/repositories/${repository}/manifests/${going}?tags=a,b`)
  return {
    repository,
    isMiddle: byDigest(repository),
    start: ask,
    ...ofAnswer(ask, ({ status }) => status === 204 || status === 404),
    before: { a: going, b: going, keep },
    after: { keep },
  }
}

const deleteRepository: Prepare = async ({ service }, project) => {
  const repository = `${project}/whole`
  const one = await push(service, repository, ['a', 'b'], `${project} whole`)
  return {
    repository,
    isMiddle: byDigest(repository),
    start: () => service.admin('DELETE', `/api/v1/repositories/${repository}`),
    ...ofRemoval(service),
    before: { a: one, b: one },
    after: {},
  }
}

const copy: Prepare = async ({ service }, project) => {
  const source = `${project}/source`
  const repository = `${project}/target`
  const digest = await push(service, source, ['v1'], `${project} source`)
  const from = { repository: source, reference: 'v1' }
  const ask = () => service.admin('PUT', `/api/v1/repositories/${repository}/tags/v2`, { from })
  return {
    repository,
    isMiddle: ({ method, path }) => method === 'PUT' && path === `/v2/${repository}/manifests/v2`,
    start: ask,
    ...ofAnswer(ask, ({ status }) => status === 200),
    before: {},
    after: { v2: digest },
  }
}

/** Why a run of retention, or an item of it, was not what was asked for. */
async function findRetentionFault({ database }: Service, id: number): Promise<string | undefined> {
  const run = await database('retention_runs').where({ id }).first('job_id')
  const job = await database('jobs').where({ id: run.job_id }).first('error')
  const item = await database('retention_items')
    .where({ run_id: id, outcome: 'failed' })
    .first('outcome')
  return job.error ?? item?.outcome
}

const retain: Prepare = async ({ service }, name) => {
  const project = `${name}-kept`
  const repository = `${project}/app`
  await service.admin('POST', '/api/v1/projects', { name: project })
  const old = await push(service, repository, ['old', 'older'], `${project} old`)
  const keep = await push(service, repository, ['keep'], `${project} keep`)
  await setAge(service, { repository, tag: 'old', pushed: 10 })
  await setAge(service, { repository, tag: 'older', pushed: 11 })
  const rules = [{ template: 'latestPushed', k: 1 }]
  await service.admin('PUT', `/api/v1/projects/${project}/retention`, { rules })
  await noteReconcile(service)
  const runs = `/api/v1/projects/${project}/retention/runs`
  const start = () => service.admin('POST', runs, { dryRun: false })
  let last: Reply | undefined
  return {
    repository,
    isMiddle: byDigest(repository),
    start,
    // Of a registry that was started again nobody knows what it did not tell (R28).
    told: async ({ body: { id, detail } }) =>
      id === undefined ? detail : findRetentionFault(service, id),
    // What a run could not remove is the next one's.
    look: async (first) => {
      last ??= first
      if (last.body.id === undefined) {
        await noteReconcile(service)
        last = await start()
        return false
      }
      const { body } = await service.admin('GET', `${runs}/${last.body.id}`)
      if (body.endedAt === null) return false
      const left = await service
        .database('tags')
        .whereIn('name', ['old', 'older'])
        .where({ digest: old, is_listed: 1 })
      if (left.length === 0) return true
      last = await start()
      return false
    },
    before: { old, older: old, keep },
    after: { keep },
  }
}

export const OPERATIONS = { removeMany, deleteManifest, deleteRepository, copy, retain } as const

/** Each of them in a project of its own. */
export async function prepareAll(
  world: FaultWorld,
  project: string,
): Promise<readonly Operation[]> {
  await world.service.admin('POST', '/api/v1/projects', { name: project })
  return Promise.all(Object.values(OPERATIONS).map((prepare) => prepare(world, project)))
}

/** Lets the time pass until it is at its end. */
export async function endAll(
  world: FaultWorld,
  operations: readonly Operation[],
  replies: readonly Reply[],
): Promise<void> {
  await world.untilQuiet()
  let left = operations.map((operation, index) => ({ operation, reply: replies[index] as Reply }))
  await waitFor(
    async () => {
      await world.untilQuiet()
      await world.passTime()
      const looked = await Promise.all(
        left.map(async (one) => ({ one, isDone: await one.operation.look(one.reply) })),
      )
      left = looked.filter(({ isDone }) => !isDone).map(({ one }) => one)
      return left.length === 0
    },
    { ...PATIENT, what: 'the end of all operations' },
  )
}
