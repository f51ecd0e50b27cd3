import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const BLOCK = 512

const field = (header: Buffer, text: string, offset: number): void => {
  header.write(text, offset, 'latin1')
}

/** A tar archive of one small file. */
export function makeTar(name: string, text: string): Buffer {
  const header = Buffer.alloc(BLOCK)
  const content = Buffer.from(text)
  field(header, name, 0)
  field(header, '0000644\0', 100)
  field(header, '0000000\0', 108)
  field(header, '0000000\0', 116)
  field(header, `${content.length.toString(8).padStart(11, '0')}\0`, 124)
  field(header, '00000000000\0', 136)
  field(header, '        ', 148)
  field(header, '0', 156)
  field(header, 'ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  field(header, `${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)
  return Buffer.concat([header, content, padding, Buffer.alloc(2 * BLOCK)])
}

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex')

const OCI = 'application/vnd.oci.image'

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

type Store = (mediaType: string, content: Buffer) => Descriptor

function openLayout(dir: string): Store {
  mkdirSync(join(dir, 'blobs', 'sha256'), { recursive: true })
  writeFileSync(join(dir, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }))
  return (mediaType, content) => {
    writeFileSync(join(dir, 'blobs', 'sha256', sha256(content)), content)
    return { mediaType, digest: `sha256:${sha256(content)}`, size: content.length }
  }
}

function storeImage(store: Store, text: string, architecture: string): Descriptor {
  const layer = store(`${OCI}.layer.v1.tar`, makeTar('hello.txt', text))
  const config = store(
    `${OCI}.config.v1+json`,
    json({
      architecture,
      os: 'linux',
      config: { Labels: { 'org.example.text': text } },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
      history: [{ created_by: 'test' }],
    }),
  )
  const mediaType = `${OCI}.manifest.v1+json`
  return store(mediaType, json({ schemaVersion: 2, mediaType, config, layers: [layer] }))
}

function nameLatest(dir: string, descriptor: Descriptor): void {
  const annotations = { 'org.opencontainers.image.ref.name': 'latest' }
  const manifests = [{ ...descriptor, annotations }]
  writeFileSync(join(dir, 'index.json'), json({ schemaVersion: 2, manifests }))
}

/**
 * Writes an image of one layer as an OCI layout folder, which skopeo reads as `oci:DIR:latest`.
 *
 * @param text content of its only file: other text, other digest
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export function writeOciLayout(dir: string, text: string): void {
  nameLatest(dir, storeImage(openLayout(dir), text, 'amd64'))
}

/** The same for several platforms: an index of an image for each architecture. @returns its digest */
export function writeOciIndexLayout(dir: string, architectures: readonly string[]): string {
  const store = openLayout(dir)
  const mediaType = `${OCI}.index.v1+json`
  const manifests = architectures.map((architecture) => ({
    ...storeImage(store, `for ${architecture}`, architecture),
    platform: { os: 'linux', architecture },
  }))
  const index = store(mediaType, json({ schemaVersion: 2, mediaType, manifests }))
  nameLatest(dir, index)
  return index.digest
}
