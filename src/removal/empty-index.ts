import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { readJson } from '../images/read-json.ts'
import { OCI_INDEX } from '../protocol/media-types.ts'
import { digestOf, type Manifest } from '../registry/manifests.ts'

/**
 * An OCI index without entries that never was before: put on a tag, it takes the tag along when its
 * digest is deleted. One digest for two removals would take both tags.
 */
export function createEmptyIndex(): Manifest {
  const content = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [],
      annotations: { 'io.registry-warden.removal': randomUUID() },
    }),
  )
  return { digest: digestOf(content), mediaType: OCI_INDEX, content }
}

/** As many as every one of them has. */
export const EMPTY_INDEX_BYTES = createEmptyIndex().content.length

const indexSchema = z.object({ manifests: z.array(z.unknown()) })

/** Whether a manifest is an index without entries: the repository may then hold no layer at all. */
export const isEmptyIndex = ({ content }: Manifest): boolean =>
  indexSchema.safeParse(readJson(content)).data?.manifests.length === 0
