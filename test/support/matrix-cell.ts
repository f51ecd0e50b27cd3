import { createHash } from 'node:crypto'
import { enqueueJob } from '../../src/jobs/enqueue-job.ts'
import { endRun, insertRun } from '../../src/policies/retention/run-queries.ts'
import { OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { insertRemoval, setRemovalJob } from '../../src/removal/many/queries.ts'
import { fetchToken, putManifest } from './image.ts'
import { type CallerName, passwordOf, type RightsWorld } from './rights-world.ts'
import { ADMIN, type Credentials } from './service.ts'

/** One question of the matrix. */
export interface Cell {
  readonly caller: CallerName
  readonly as: Credentials | undefined
  readonly method: string
  /** What the words with ~ stand for is made, and in it. */
  readonly path: string
}

export const NEW_PASSWORD = 'other-quiet-harbour-93'

let made = 0
const freshName = (): string => `fresh-${++made}`

/** Whose credentials `/me/…` means. Robots and strangers have none, so somebody else's stand there. */
const ownerOf = (world: RightsWorld, caller: CallerName): Credentials => {
  if (caller === 'tok') return ADMIN
  if (caller === 'obo') return { username: 'obo', password: passwordOf('obo') }
  const isUser = !['anon', 'prj', 'sys', 'dis'].includes(caller)
  const owner = world.credentials(caller === 'web' ? 'pad' : isUser ? caller : 'out')
  if (owner === undefined) throw new Error(`${caller} owns nothing`)
  return owner
}

const targetOwner = (world: RightsWorld, caller: CallerName, path: string): Credentials =>
  ownerOf(world, path.startsWith('/users/') ? 'out' : caller)

async function makeAccessToken(world: RightsWorld, as: Credentials, json: object) {
  const reply = await world.request('POST', '/api/v1/me/tokens', { as, json })
  if (reply.status !== 201) throw new Error(`no token: ${JSON.stringify(reply.body)}`)
  return String(reply.body.id)
}

async function makeIdentityToken(world: RightsWorld, as: Credentials): Promise<string> {
  const path = '/auth/token?service=registry-warden&offline_token=true'
  await world.request('GET', path, { as })
  const { body } = await world.request('GET', '/api/v1/me/identity-tokens?limit=1', { as })
  return String(body.items[0].id)
}

async function makeRobot(world: RightsWorld, home: string, actions: readonly string[]) {
  const name = freshName()
  const permissions = [{ repositories: '**', actions }]
  await world.must('POST', home, { name, permissions })
  return name
}

/** Another tag on the image that is there. */
async function makeTag(world: RightsWorld, path: string): Promise<string> {
  const repository = path.slice('/repositories/'.length, path.indexOf('/tags'))
  const tag = freshName()
  const scope = `repository:${repository}:pull,push`
  const token = await fetchToken(world, { as: ADMIN, scope })
  const response = await fetch(`${world.registryUrl}/v2/${repository}/manifests/v1`, {
    headers: { authorization: `Bearer ${token}`, accept: OCI_MANIFEST },
  })
  const content = Buffer.from(await response.arrayBuffer())
  const manifest = { mediaType: OCI_MANIFEST, content }
  await putManifest(world, { repository, tag, token }, manifest)
  return tag
}

type Maker = (world: RightsWorld, caller: CallerName, before: string) => Promise<string>

const makeUser: Maker = async (world) => {
  const name = freshName()
  await world.addUser(name)
  return name
}

const makeGroup: Maker = async (world) => {
  const name = freshName()
  await world.must('POST', '/groups', { name })
  return name
}

/** By the word in the path; `before` is the path up to it. */
const MAKERS: Readonly<Record<string, Maker>> = {
  user: makeUser,
  group: makeGroup,
  /** A user who is a member of that project. */
  member: async (world, caller, before) => {
    const name = await makeUser(world, caller, before)
    await world.must('PUT', `${before}${name}`, { role: 'guest' })
    return name
  },
  /** A group that is a member of that project. */
  band: async (world, caller, before) => {
    const name = await makeGroup(world, caller, before)
    await world.must('PUT', `${before}${name}`, { role: 'guest' })
    return name
  },
  /** A user who is in that group. */
  mate: async (world, caller, before) => {
    const name = await makeUser(world, caller, before)
    await world.must('PUT', `${before}${name}`, {})
    return name
  },
  project: async (world) => {
    const name = freshName()
    await world.must('POST', '/projects', { name })
    return name
  },
  /** A project that pad administers. */
  pads: async (world) => {
    const name = freshName()
    await world.must('POST', '/projects', { name })
    await world.must('PUT', `/projects/${name}/members/users/pad`, { role: 'projectAdmin' })
    return name
  },
  robot: (world, _, before) => makeRobot(world, before.slice(0, -1), ['pull']),
  pusher: (world, _, before) => makeRobot(world, before.slice(0, -1), ['pull', 'push']),
  /** An access token that every caller's own credential covers. */
  token: (world, caller, before) =>
    makeAccessToken(world, targetOwner(world, caller, before), {
      name: freshName(),
      permissions: [{ repositories: 'acme/web/ui', actions: ['pull'] }],
    }),
  /** An access token with all rights of its owner. */
  wide: (world, caller, before) =>
    makeAccessToken(world, targetOwner(world, caller, before), { name: freshName() }),
  /** None ever comes of single sign-on: somebody else's stands there. */
  identity: (world, caller, before) =>
    makeIdentityToken(world, targetOwner(world, caller === 'sso' ? 'out' : caller, before)),
  tag: (world, _, before) => makeTag(world, before),
  /** A run of the rules of that project, which nobody works on. */
  run: async ({ database }, _, before) => {
    const [, , name] = before.split('/')
    const project = await database('projects').where({ name }).first('id')
    const actor = { actorId: undefined, actorName: 'adm', onBehalfOf: undefined }
    const jobId = await enqueueJob(database, { kind: 'matrix', payload: {} })
    const run = { projectId: project?.id, jobId, isDryRun: true, isScheduled: false, rules: [] }
    const id = await insertRun(database, { ...run, actor })
    await endRun(database, id, { outcome: 'done' })
    return String(id)
  },
  /** A removal that waits for nobody. */
  removal: async ({ database }, _, before) => {
    const [, , project = ''] = before.split('/')
    const actor = { actorId: undefined, actorName: 'adm', onBehalfOf: undefined }
    const filter = {
      repositories: ['none'],
      tags: undefined,
      pushedBefore: undefined,
      pulledBefore: undefined,
    }
    const asked = { asker: { kind: 'anonymous' }, right: 'removal:write' } as const
    const id = await insertRemoval(database, { ...asked, project, filter, isDryRun: true, actor })
    const jobId = await enqueueJob(database, { kind: 'matrix', payload: {} })
    await setRemovalJob(database, { id, jobId })
    return String(id)
  },
  /** Of nothing. */
  digest: async () => `sha256:${createHash('sha256').update(freshName()).digest('hex')}`,
  /** A job of a kind that nobody runs. */
  job: async ({ database }) => String(await enqueueJob(database, { kind: 'matrix', payload: {} })),
}

/** Makes what the words with ~ in a path stand for. @returns the path to ask */
export async function makeTarget(
  world: RightsWorld,
  caller: CallerName,
  path: string,
): Promise<string> {
  const [, before = '', word, after = ''] = /^(.*)~(\w+)(.*)$/.exec(path) ?? []
  if (word === undefined) return path
  const maker = MAKERS[word]
  if (maker === undefined) throw new Error(`nothing makes ~${word}`)
  return `${before}${await maker(world, caller, before)}${after}`
}

/** Gives a caller the password back that the other cells know. */
export async function restorePassword(world: RightsWorld, { as }: Cell): Promise<void> {
  if (as === undefined) return
  const { status } = await world.request('PUT', '/api/v1/me/password', {
    as: { ...as, password: NEW_PASSWORD },
    json: { currentPassword: NEW_PASSWORD, newPassword: as.password },
  })
  if (status !== 204) throw new Error(`the password of ${as.username} stays changed: ${status}`)
}

/** What moves by itself, or is a record of what was asked; the index follows the registry. */
const RESTLESS =
  /^(?:audit|replicas|leases|sign_in_|events|event_sources|reconcile_|index_|dirty_|repositor|tags$|tag_history|manifest|blobs|pull_marks|project_days|project_figures|removals$)/

/** Kinds of jobs that workers take. */
const MOVING: ReadonlySet<string> = new Set(['reconcile', 'tags.remove'])

/** All that a write could change, but the times of last use, which sign-ins write by and by. */
export async function fingerprint({ database }: RightsWorld): Promise<string> {
  const hash = createHash('sha256')
  const [tables] = await database.raw('SHOW TABLES')
  for (const table of tables.map((row: object) => String(Object.values(row)[0]))) {
    if (RESTLESS.test(table)) continue
    const [rows] = await database.raw('SELECT * FROM ??', [table])
    const kept = rows.map(({ last_used_at: _, ...row }: Record<string, unknown>) =>
      // They go on by themselves, once they are there.
      MOVING.has(String(row.kind)) ? { id: row.id } : row,
    )
    hash.update(JSON.stringify(kept))
  }
  return hash.digest('hex')
}
