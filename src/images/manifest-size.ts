import { z } from 'zod'
import { isDigest } from '../protocol/reference.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Manifest } from '../registry/manifests.ts'

/** An index may point to an index, and what a pusher wrote may be a maze. */
const MOST_MANIFESTS = 64

const descriptorSchema = z.object({
  digest: z.string().refine(isDigest),
  size: z.int().min(0),
})

const manifestSchema = z.object({
  config: descriptorSchema.optional(),
  layers: z.array(descriptorSchema).optional(),
  manifests: z.array(descriptorSchema).optional(),
})

interface Walk {
  readonly registry: RegistryClient
  readonly repository: string
  /** Size of every blob and manifest that was met, by digest. */
  readonly sizes: Map<string, number>
  manifestsLeft: number
}

function parse(content: Buffer): z.output<typeof manifestSchema> | undefined {
  try {
    return manifestSchema.safeParse(JSON.parse(content.toString('utf8'))).data
  } catch {
    return undefined
  }
}

async function addChild(walk: Walk, digest: string): Promise<boolean> {
  if (walk.sizes.has(digest)) return true
  const child = await walk.registry.readManifest({ repository: walk.repository, reference: digest })
  return child !== undefined && addManifest(walk, child)
}

/** @returns false when something cannot be read, so that the sum would be too small */
async function addManifest(walk: Walk, { digest, content }: Manifest): Promise<boolean> {
  const manifest = parse(content)
  if (manifest === undefined || walk.manifestsLeft-- === 0) return false
  walk.sizes.set(digest, content.length)
  for (const blob of [manifest.config, ...(manifest.layers ?? [])]) {
    if (blob !== undefined) walk.sizes.set(blob.digest, blob.size)
  }
  for (const child of manifest.manifests ?? []) {
    if (!(await addChild(walk, child.digest))) return false
  }
  return true
}

/**
 * Bytes of a manifest with all that it refers to, each digest once, as the manifests declare them.
 *
 * @returns undefined when a part is missing, unreadable, or there are more than 64 manifests
 */
export async function measureManifest(
  registry: RegistryClient,
  repository: string,
  manifest: Manifest,
): Promise<number | undefined> {
  const sizes = new Map<string, number>()
  const walk = { registry, repository, sizes, manifestsLeft: MOST_MANIFESTS }
  if (!(await addManifest(walk, manifest))) return undefined
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}
