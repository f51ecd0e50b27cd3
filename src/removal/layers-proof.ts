import { z } from 'zod'
import { readJson } from '../images/read-json.ts'
import { isDigest } from '../protocol/reference.ts'
import { isOwnFailure } from '../registry/answers.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Manifest } from '../registry/manifests.ts'

const MOST_TAGS = 20

const digestSchema = z.object({ digest: z.string().refine(isDigest) })
const imageSchema = z.object({ config: digestSchema, layers: z.array(digestSchema).min(1) })
const indexSchema = z.object({ manifests: z.array(digestSchema).min(1) })

const read = <T>(schema: z.ZodType<T>, { content }: Manifest): T | undefined =>
  schema.safeParse(readJson(content)).data

async function holdsImage(
  registry: RegistryClient,
  repository: string,
  reference: string,
): Promise<boolean> {
  const manifest = await registry.readManifest({ repository, reference })
  if (manifest === undefined) return false
  if (read(imageSchema, manifest) !== undefined) return true
  const child = read(indexSchema, manifest)?.manifests[0]?.digest
  if (child === undefined) return false
  const inner = await registry.readManifest({ repository, reference: child })
  return inner !== undefined && read(imageSchema, inner) !== undefined
}

/**
 * Whether another tag of the repository is on an image, alone or first in an index. The registry took
 * it with its layers, so the repository has some. Looks at 20 tags at most.
 *
 * @throws AppError REGISTRY_FAILED (502) when none is, and one of them cannot be read
 */
export async function hasOtherImage(
  registry: RegistryClient,
  { repository, tag }: { readonly repository: string; readonly tag: string },
): Promise<boolean> {
  const tags = (await registry.listTags(repository)) ?? []
  let failure: unknown
  for (const other of tags.filter((name) => name !== tag).slice(0, MOST_TAGS)) {
    try {
      if (await holdsImage(registry, repository, other)) return true
    } catch (error) {
      if (!isOwnFailure(error)) throw error
      failure ??= error
    }
  }
  if (failure !== undefined) throw failure
  return false
}
