import { randomUUID } from 'node:crypto'
import { OCI_INDEX, OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { type Addresses, fetchToken, putManifest } from './image.ts'
import { ADMIN } from './service.ts'

export interface IndexInput {
  readonly repository: string
  readonly tags: readonly string[]
  /** What it points to; an index without entries where this is undefined. */
  readonly child?: string
  readonly isChildImage?: boolean
  /** Bytes of an annotation that makes it large. */
  readonly padding?: number
}

/** Puts an index that never was before on some tags. @returns its digest */
export async function pushIndex(service: Addresses, input: IndexInput): Promise<string> {
  const { repository, tags, child, isChildImage = false, padding = 0 } = input
  const mediaType = isChildImage ? OCI_MANIFEST : OCI_INDEX
  const content = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: child === undefined ? [] : [{ mediaType, digest: child, size: 1 }],
      annotations: { unique: randomUUID(), padding: 'x'.repeat(padding) },
    }),
  )
  const scope = `repository:${repository}:pull,push`
  const token = await fetchToken(service, { as: ADMIN, scope })
  let digest = ''
  for (const tag of tags) {
    digest = await putManifest(
      service,
      { repository, tag, token },
      { mediaType: OCI_INDEX, content },
    )
  }
  return digest
}
