import pLimit from 'p-limit'
import { AppError } from '../errors.ts'
import { cutPage, type Page } from '../http/page.ts'
import { projectOf } from '../protocol/reference.ts'
import type { RegistryClient } from '../registry/client.ts'
import { createMeter, type Meter, type MeterDeps } from './manifest-size.ts'
import { unknownRepository } from './require-repository.ts'
import type { Repository, Tag } from './types.ts'

/** Of one page; all pages together are held by `ImageReads`, so that each gets its share. */
const CALLS_AT_ONCE = 4

const compare = (a: string, b: string): number => {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/**
 * Reads one repository live.
 *
 * @throws AppError REPOSITORY_UNKNOWN (404) also when it has no tag any more
 */
export async function readRepository(registry: RegistryClient, name: string): Promise<Repository> {
  const tagCount = (await registry.listTags(name))?.length ?? 0
  if (tagCount === 0) throw unknownRepository(name)
  return { name, project: projectOf(name), tagCount }
}

export interface ReadTagsInput {
  readonly repository: string
  /** Aborted when nobody waits for the answer any more. */
  readonly left: AbortSignal
}

interface TagSought {
  readonly repository: string
  readonly name: string
  readonly meter: Meter
  readonly signal: AbortSignal
}

async function findTag(
  { registry, reads }: MeterDeps,
  { repository, name, meter, signal }: TagSought,
): Promise<Tag | undefined> {
  signal.throwIfAborted()
  const reference = { repository, reference: name }
  const found = await reads.gate.run(() => registry.findManifest(reference, { signal }))
  if (found === undefined) return undefined
  const sizeBytes = await meter.measure(found.digest)
  return { name, digest: found.digest, mediaType: found.mediaType, sizeBytes }
}

/** A tag that went since its name was read is left out; the first failure ends the reading of all. */
async function findTags(
  deps: MeterDeps,
  { repository, left }: ReadTagsInput,
  names: readonly string[],
): Promise<readonly Tag[]> {
  const ended = new AbortController()
  const signal = AbortSignal.any([left, ended.signal])
  const meter = createMeter(deps, { repository, left: signal })
  try {
    const found = await pLimit(CALLS_AT_ONCE).map(names, (name) =>
      findTag(deps, { repository, name, meter, signal }),
    )
    return found.flatMap((tag) => tag ?? [])
  } finally {
    ended.abort()
    meter.close()
  }
}

/** @throws AppError TAG_UNKNOWN (404) */
export async function readTag(
  deps: MeterDeps,
  input: ReadTagsInput & { readonly tag: string },
): Promise<Tag> {
  const { repository, tag } = input
  const [found] = await findTags(deps, input, [tag])
  if (found !== undefined) return found
  throw new AppError('TAG_UNKNOWN', { detail: `there is no tag ${tag} in ${repository}` })
}

/**
 * Lists the tags of a repository by name, read live from the registry.
 *
 * @throws AppError REPOSITORY_UNKNOWN (404)
 */
export async function listTags(
  deps: MeterDeps,
  input: ReadTagsInput & { readonly after: string; readonly limit: number },
): Promise<Page<Tag>> {
  const { repository, after, limit, left } = input
  const all = await deps.registry.listTags(repository, { signal: left })
  if (all === undefined || all.length === 0) throw unknownRepository(repository)
  const rest = all.filter((name) => name > after).sort(compare)
  const page = cutPage(rest.slice(0, limit + 1), limit, (name) => name)
  return { items: await findTags(deps, input, page.items), next: page.next }
}
