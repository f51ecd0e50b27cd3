import { createHash } from 'node:crypto'
import { MANIFEST_ACCEPT } from '../protocol/media-types.ts'
import {
  ERROR_BYTES,
  header,
  isRefusal,
  isUnknown,
  readDigest,
  repositoryAccess,
  unexpected,
} from './answers.ts'
import type { Reading, RegistryAnswer, RegistryTransport } from './transport.ts'

/** The registry itself takes no larger manifest. */
const MANIFEST_BYTES = 4 * 1024 * 1024

export interface Descriptor {
  readonly digest: string
  readonly mediaType: string
}

export interface Manifest extends Descriptor {
  readonly content: Buffer
}

/** A manifest of a repository by its tag or digest. Both are checked by the caller. */
export interface ManifestReference {
  readonly repository: string
  readonly reference: string
}

export interface ManifestReading extends Reading {
  /** A larger manifest is refused; 4 MiB where this is undefined. */
  readonly mostBytes?: number
}

export const digestOf = (content: Buffer): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`

/** A proxy that answers by itself, or cuts off what it hands on, shows here. */
function requireWhole(what: string, { digest }: Descriptor, answer: RegistryAnswer): void {
  // A signed manifest of schema 1 has the digest of what was signed.
  if (!digest.startsWith('sha256:') || /prettyjws$/.test(header(answer, 'content-type'))) return
  if (digestOf(answer.body) !== digest) throw unexpected(`${what} with other content`, answer)
}

/**
 * @returns undefined when there is no such manifest, by the registry's own word
 * @throws AppError REGISTRY_FAILED (502), also when the content is not that of its digest
 */
export async function readManifest(
  { send }: RegistryTransport,
  { repository, reference, ...reading }: ManifestReference & ManifestReading,
): Promise<Manifest | undefined> {
  const answer = await send({
    method: 'GET',
    path: `${repository}/manifests/${reference}`,
    access: repositoryAccess(repository, 'pull'),
    headers: { accept: MANIFEST_ACCEPT },
    mostBytes: MANIFEST_BYTES,
    ...reading,
  })
  if (isUnknown(answer)) return undefined
  const what = `a read of ${repository} ${reference}`
  if (answer.status !== 200) throw unexpected(what, answer)
  const digest = readDigest(answer, reference, what)
  const descriptor = { digest, mediaType: header(answer, 'content-type') }
  requireWhole(what, descriptor, answer)
  return { ...descriptor, content: answer.body }
}

export async function putManifest(
  { send }: RegistryTransport,
  { repository, reference }: ManifestReference,
  { mediaType, content }: Pick<Manifest, 'mediaType' | 'content'>,
  reading: Reading = {},
): Promise<void> {
  const answer = await send({
    method: 'PUT',
    path: `${repository}/manifests/${reference}`,
    access: repositoryAccess(repository, 'pull', 'push'),
    headers: { 'content-type': mediaType },
    body: content,
    mostBytes: ERROR_BYTES,
    ...reading,
  })
  if (answer.status !== 201) throw unexpected(`writing ${repository} ${reference}`, answer)
}

/**
 * Deletes a manifest by digest; every tag that is on it goes too.
 *
 * @returns `disabled` when the registry is configured without deletes
 */
export async function deleteManifest(
  { send }: RegistryTransport,
  { repository, reference }: ManifestReference,
): Promise<'deleted' | 'missing' | 'disabled'> {
  const answer = await send({
    method: 'DELETE',
    path: `${repository}/manifests/${reference}`,
    access: repositoryAccess(repository, 'delete'),
    mostBytes: ERROR_BYTES,
  })
  if (answer.status === 202) return 'deleted'
  if (isUnknown(answer)) return 'missing'
  if (isRefusal(answer, 405, 'UNSUPPORTED')) return 'disabled'
  throw unexpected(`deleting ${repository} ${reference}`, answer)
}

/**
 * Deletes one tag and leaves its manifest, which registries of the 3.x line can.
 *
 * @returns `unsupported` from 2.8, which deletes digests alone; `disabled` when the registry is
 *   configured without deletes
 */
export async function deleteTagByName(
  { send }: RegistryTransport,
  { repository, reference }: ManifestReference,
): Promise<'deleted' | 'missing' | 'unsupported' | 'disabled'> {
  const answer = await send({
    method: 'DELETE',
    path: `${repository}/manifests/${reference}`,
    access: repositoryAccess(repository, 'delete'),
    mostBytes: ERROR_BYTES,
  })
  if (answer.status === 202) return 'deleted'
  if (isUnknown(answer)) return 'missing'
  if (isRefusal(answer, 400, 'DIGEST_INVALID')) return 'unsupported'
  if (isRefusal(answer, 405, 'UNSUPPORTED')) return 'disabled'
  throw unexpected(`deleting the tag ${reference} of ${repository}`, answer)
}
