import { createHash } from 'node:crypto'
import { OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { basic, type Credentials } from './service.ts'

/** Where tokens are fetched, and where the registry is: of the app in process, or of whole stacks. */
export interface Addresses {
  readonly url: string
  readonly registryUrl: string
}

const digestOf = (content: Buffer): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`

/** A token as a client gets it, for one repository. */
export async function fetchToken(
  service: Addresses,
  { as, scope }: { readonly as?: Credentials; readonly scope: string },
): Promise<string> {
  const query = new URLSearchParams({ service: 'registry-warden', scope })
  const response = await fetch(`${service.url}/auth/token?${query}`, {
    headers: as ? { authorization: basic(as) } : {},
  })
  const { token } = (await response.json()) as { token: string }
  return token
}

/** Uploads a blob that no manifest leads to yet. */
export async function putBlob(
  service: Addresses,
  repository: string,
  token: string,
  content: Buffer,
): Promise<{ readonly digest: string; readonly size: number }> {
  const authorization = `Bearer ${token}`
  const start = await fetch(`${service.registryUrl}/v2/${repository}/blobs/uploads/`, {
    method: 'POST',
    headers: { authorization },
  })
  const location = new URL(start.headers.get('location') ?? '', service.registryUrl)
  location.searchParams.set('digest', digestOf(content))
  const end = await fetch(location, {
    method: 'PUT',
    headers: { authorization, 'content-type': 'application/octet-stream' },
    body: new Uint8Array(content),
  })
  if (end.status !== 201) throw new Error(`blob: ${end.status} ${await end.text()}`)
  return { digest: digestOf(content), size: content.length }
}

export async function putManifest(
  service: Addresses,
  { repository, tag, token }: { repository: string; tag: string; token: string },
  { mediaType, content }: { mediaType: string; content: Buffer },
): Promise<string> {
  const response = await fetch(`${service.registryUrl}/v2/${repository}/manifests/${tag}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': mediaType },
    body: new Uint8Array(content),
  })
  if (response.status !== 201) throw new Error(`manifest: ${response.status}`)
  return digestOf(content)
}

/** Pushes a small image by the registry's own API; the same text makes the same digest. */
export async function pushImage(
  service: Addresses,
  input: {
    readonly as: Credentials
    readonly repository: string
    readonly tags: readonly string[]
    readonly text?: string
    /** One from before; a new one by default. */
    readonly token?: string
  },
): Promise<{ readonly digest: string; readonly sizeBytes: number }> {
  const { repository, tags, text = 'a layer' } = input
  const scope = `repository:${repository}:pull,push`
  const token = input.token ?? (await fetchToken(service, { as: input.as, scope }))
  const layer = await putBlob(service, repository, token, Buffer.from(text))
  const config = await putBlob(service, repository, token, Buffer.from('{"os":"linux"}'))
  const content = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
    }),
  )
  const digests = await Promise.all(
    tags.map((tag) =>
      putManifest(service, { repository, tag, token }, { mediaType: OCI_MANIFEST, content }),
    ),
  )
  return { digest: digests[0] ?? '', sizeBytes: content.length + layer.size + config.size }
}

/** Status of a pull by tag, as the registry answers it. */
export async function pullStatus(
  service: Addresses,
  { as, repository, tag }: { as?: Credentials; repository: string; tag: string },
): Promise<number> {
  const scope = `repository:${repository}:pull`
  const token = await fetchToken(service, as ? { as, scope } : { scope })
  const response = await fetch(`${service.registryUrl}/v2/${repository}/manifests/${tag}`, {
    headers: { authorization: `Bearer ${token}`, accept: OCI_MANIFEST },
  })
  await response.arrayBuffer()
  return response.status
}
