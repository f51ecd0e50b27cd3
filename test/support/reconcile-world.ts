import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findJob } from '../../src/jobs/queries.ts'
import type { Service } from './service.ts'
import { waitFor } from './wait-for.ts'

/** Asks for a run, and waits until its job has ended, or its first attempt has failed. */
export async function reconcile(service: Service) {
  const before = await service
    .database('jobs')
    .where({ kind: 'reconcile' })
    .orderBy('id', 'desc')
    .first('id', 'attempts')
  const { body, status } = await service.admin('POST', '/api/v1/maintenance/reconcile', {})
  if (status !== 202) throw new Error(`${status} ${JSON.stringify(body)}`)
  const look = async () => {
    const job = await findJob(service.database, body.jobId)
    const had = before?.id === body.jobId ? before.attempts : 0
    const isOver = job?.endedAt !== undefined || (job?.state === 'waiting' && job.attempts > had)
    return isOver ? job : undefined
  }
  const { found } = await waitFor(look, { mostMs: 120_000, what: 'the end of the run' })
  return { job: found, state: await readState(service) }
}

export async function readState(service: Service) {
  return (await service.admin('GET', '/api/v1/maintenance/reconcile')).body
}

/** What the index lists: `repository:tag digest`. */
export async function listIndex({ database }: Pick<Service, 'database'>) {
  const rows = await database('tags')
    .join('repositories', 'repositories.id', 'tags.repository_id')
    .where({ 'tags.is_listed': 1 })
    .orderBy(['repositories.name', 'tags.name'])
    .select('repositories.name as repository', 'tags.name as tag', 'digest')
  return rows.map(({ repository, tag, digest }) => `${repository}:${tag} ${digest}`)
}

/** Lets eleven minutes pass for all that was found absent, and the marks be due. */
export async function passGrace({ database }: Pick<Service, 'database'>): Promise<void> {
  await database('tags')
    .whereNotNull('missing_since')
    .update({ missing_since: database.raw('missing_since - INTERVAL 11 MINUTE') })
  await database('dirty_references').update({ due_at: database.raw('UTC_TIMESTAMP(3)') })
}

/** Lets the job of a failed attempt be forgotten, so that the next one is a new one. */
export async function forgetJobs({ database }: Pick<Service, 'database'>): Promise<void> {
  await database('jobs').where({ kind: 'reconcile' }).delete()
}

const digestOf = (content: string): string => createHash('sha256').update(content).digest('hex')

function putBlob(data: string, content: string): string {
  const hex = digestOf(content)
  const dir = join(data, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex)
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'data'), content)
  return hex
}

const writeLink = (dir: string, hex: string): void => {
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'link'), `sha256:${hex}`)
}

const CONFIG = '{"os":"linux","architecture":"amd64"}'

/** Where the registry of a service has its folder. */
export const registryDirOf = ({ config }: Service): string =>
  join(dirname(config.certs.dir), 'registry')

interface Written {
  readonly repository: string
  readonly tags: readonly string[]
  /** Content of the only layer: another one makes another image. */
  readonly layer?: string
}

/**
 * Writes repositories into the storage of a registry, as its own files: many more than could be
 * pushed in a test. Each repository has an image of its own, and all tags are on it.
 *
 * @returns the digest of the image
 */
export function writeRepository(
  registryDir: string,
  { repository, tags, layer: text = repository }: Written,
): string {
  const data = join(registryDir, 'data')
  const place = join(data, 'docker/registry/v2/repositories', repository)
  const config = putBlob(data, CONFIG)
  const layer = putBlob(data, text)
  const mediaType = 'application/vnd.docker.distribution.manifest.v2+json'
  const content = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      size: CONFIG.length,
      digest: `sha256:${config}`,
    },
    layers: [
      {
        mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
        size: text.length,
        digest: `sha256:${layer}`,
      },
    ],
  })
  const manifest = putBlob(data, content)
  for (const blob of [config, layer]) writeLink(join(place, '_layers/sha256', blob), blob)
  writeLink(join(place, '_manifests/revisions/sha256', manifest), manifest)
  for (const tag of tags) {
    const at = join(place, '_manifests/tags', tag)
    writeLink(join(at, 'current'), manifest)
    writeLink(join(at, 'index/sha256', manifest), manifest)
  }
  return `sha256:${manifest}`
}
