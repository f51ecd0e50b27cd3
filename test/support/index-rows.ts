import { pushImage } from './image.ts'
import type { Service } from './service.ts'
import { waitFor } from './wait-for.ts'

/** A tag as the index has it, undefined when it lists none. */
export interface IndexedTag {
  readonly digest: string
  readonly sizeBytes: number | undefined
  readonly pushedAt: Date
  readonly pulledAt: Date
}

/** Other tests may have the machine for themselves for a while. */
const PATIENT = { mostMs: 40_000 }

interface Name {
  readonly repository: string
  readonly tag: string
}

export async function findIndexedTag(
  { database }: Pick<Service, 'database'>,
  { repository, tag }: Name,
): Promise<IndexedTag | undefined> {
  const row = await database('tags')
    .join('repositories', 'repositories.id', 'tags.repository_id')
    .where({ 'repositories.name': repository, 'tags.name': tag, 'tags.is_listed': 1 })
    .first('digest', 'tags.size_bytes', 'is_measured', 'tags.pushed_at', 'tags.pulled_at')
  return (
    row && {
      digest: row.digest,
      sizeBytes: row.is_measured === 1 ? row.size_bytes : undefined,
      pushedAt: row.pushed_at,
      pulledAt: row.pulled_at,
    }
  )
}

export interface IndexedRepository {
  readonly tagCount: number
  readonly sizeBytes: number
  readonly pullCount: number
}

export async function findIndexedRepository(
  { database }: Pick<Service, 'database'>,
  repository: string,
): Promise<IndexedRepository | undefined> {
  const row = await database('repositories')
    .where({ name: repository })
    .first('tag_count', 'size_bytes', 'pull_count')
  return row && { tagCount: row.tag_count, sizeBytes: row.size_bytes, pullCount: row.pull_count }
}

/** Whether nothing waits to be applied, read or counted. */
export async function isSettled({ database }: Pick<Service, 'database'>): Promise<boolean> {
  const events = await database('events').whereNull('applied_at').first('id')
  const references = await database('dirty_references')
    .where('due_at', '<=', database.raw('UTC_TIMESTAMP(3) + INTERVAL 5 SECOND'))
    .first('reference')
  const figures = await database('dirty_figures').first('name')
  return events === undefined && references === undefined && figures === undefined
}

/** Waits until the index lists a tag, and has counted its repository since. */
export async function untilIndexed(
  service: Pick<Service, 'database'>,
  { repository, tags }: { readonly repository: string; readonly tags: readonly string[] },
): Promise<void> {
  await waitFor(async () => {
    for (const tag of tags) {
      if ((await findIndexedTag(service, { repository, tag })) === undefined) return undefined
    }
    return (await isSettled(service)) || undefined
  }, PATIENT)
}

/** Waits until the index lists a tag no more, and has counted its repository since. */
export async function untilGone(service: Pick<Service, 'database'>, name: Name): Promise<void> {
  await waitFor(async () => {
    if ((await findIndexedTag(service, name)) !== undefined) return undefined
    return (await isSettled(service)) || undefined
  }, PATIENT)
}

/** Pushes a small image and waits until it is in the index. */
export async function pushIndexed(
  service: Service,
  input: Parameters<typeof pushImage>[1],
): ReturnType<typeof pushImage> {
  const pushed = await pushImage(service, input)
  await untilIndexed(service, input)
  return pushed
}
