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

/**
 * Writes an image of one layer as an OCI layout folder, which skopeo reads as `oci:DIR:latest`.
 *
 * @param text content of its only file: other text, other digest
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export function writeOciLayout(dir: string, text: string): void {
  mkdirSync(join(dir, 'blobs', 'sha256'), { recursive: true })
  const store = (mediaType: string, content: Buffer) => {
    writeFileSync(join(dir, 'blobs', 'sha256', sha256(content)), content)
    return { mediaType, digest: `sha256:${sha256(content)}`, size: content.length }
  }
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
  const layer = store('application/vnd.oci.image.layer.v1.tar', makeTar('hello.txt', text))
  const config = store(
    'application/vnd.oci.image.config.v1+json',
    json({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
      history: [{ created_by: 'test' }],
    }),
  )
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = store(mediaType, json({ schemaVersion: 2, mediaType, config, layers: [layer] }))
  const annotations = { 'org.opencontainers.image.ref.name': 'latest' }
  writeFileSync(join(dir, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }))
  writeFileSync(
    join(dir, 'index.json'),
    json({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
  )
}
