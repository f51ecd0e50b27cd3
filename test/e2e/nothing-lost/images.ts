import { OCI_INDEX, OCI_MANIFEST } from '../../../src/protocol/media-types.ts'
import { digestOf } from '../../../src/registry/manifests.ts'
import type { Generator } from '../../support/generate.ts'

export interface Blob {
  readonly digest: string
  readonly content: Buffer
}

/** A manifest with all that it needs to be pulled. */
export interface Image {
  readonly digest: string
  readonly mediaType: string
  readonly content: Buffer
  readonly blobs: readonly Blob[]
  readonly children: readonly Image[]
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'

const toBlob = (content: Buffer): Blob => ({ digest: digestOf(content), content })

/** The same of all: what is looked at is whether its bytes are there. */
const CONFIG = toBlob(Buffer.from(JSON.stringify({ os: 'linux', architecture: 'amd64' })))

/** A few hundred bytes that nothing else has. */
export const makeLayer = (from: Generator): Blob =>
  toBlob(Buffer.from(from.text(200, 600, LETTERS)))

const describe = (mediaType: string, { digest, content }: Pick<Image, 'digest' | 'content'>) => ({
  mediaType,
  digest,
  size: content.length,
})

const toImage = (mediaType: string, manifest: object, parts: Partial<Image>): Image => {
  const content = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...manifest }))
  return { blobs: [], children: [], ...parts, digest: digestOf(content), mediaType, content }
}

/** An image of its own, on layers that others may share. */
export function makeImage(from: Generator, shared: readonly Blob[], subject?: Image): Image {
  const layers = [makeLayer(from), ...from.list(0, 1, () => from.pick(shared))]
  const manifest = {
    config: describe('application/vnd.oci.image.config.v1+json', CONFIG),
    layers: layers.map((layer) => describe('application/vnd.oci.image.layer.v1.tar', layer)),
    ...(subject && { subject: describe(subject.mediaType, subject) }),
  }
  return toImage(OCI_MANIFEST, manifest, { blobs: [CONFIG, ...layers] })
}

/** One image for several platforms. */
export function makeIndex(from: Generator, shared: readonly Blob[]): Image {
  const children = from.list(2, 2, () => makeImage(from, shared))
  const manifests = children.map((child, n) => ({
    ...describe(child.mediaType, child),
    platform: { os: 'linux', architecture: `arch${n}` },
  }))
  return toImage(OCI_INDEX, { manifests }, { children })
}

/** The tag that a signature of an image has. */
export const signatureTag = ({ digest }: Image): string => `${digest.replace(':', '-')}.sig`
