import { z } from 'zod'
import { isDigest } from '../protocol/reference.ts'

/** More than any image of people has; what a pusher wrote may be a maze. */
export const MOST_MANIFESTS = 64
const MOST_BLOBS = 1000

const descriptorSchema = z.object({
  digest: z.string().refine(isDigest),
  size: z.int().min(0),
})

const manifestSchema = z.object({
  config: descriptorSchema.optional(),
  layers: z.array(descriptorSchema).max(MOST_BLOBS).optional(),
  manifests: z.array(descriptorSchema).max(MOST_MANIFESTS).optional(),
})

/** What is kept of a manifest to sum it up; its content is let go. */
export interface ManifestOutline {
  readonly sizeBytes: number
  readonly blobs: readonly { readonly digest: string; readonly size: number }[]
  /** Digests of the manifests that an index points to. */
  readonly children: readonly string[]
}

/** @returns undefined when it is no manifest, or one with more entries than are looked at */
export function outlineManifest(content: Buffer): ManifestOutline | undefined {
  try {
    const {
      config,
      layers = [],
      manifests = [],
    } = manifestSchema.parse(JSON.parse(content.toString('utf8')))
    return {
      sizeBytes: content.length,
      blobs: config === undefined ? layers : [config, ...layers],
      children: manifests.map(({ digest }) => digest),
    }
  } catch {
    return undefined
  }
}
