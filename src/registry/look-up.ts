import { AppError } from '../errors.ts'
import { MANIFEST_ACCEPT } from '../protocol/media-types.ts'
import {
  ERROR_BYTES,
  header,
  isUnknown,
  readDigest,
  repositoryAccess,
  unexpected,
} from './answers.ts'
import type { Descriptor, ManifestReference } from './manifests.ts'
import type { Reading, RegistryAnswer, RegistryRequest, RegistryTransport } from './transport.ts'

const MANIFEST_BYTES = 4 * 1024 * 1024

export interface LookUp extends Reading {
  /** Where it is most likely not there the registry is asked for its word at once. */
  readonly isLikelyUnknown?: boolean | undefined
}

/**
 * Asks what a tag is on, or whether a digest is there.
 *
 * @returns `unknown` only by the registry's own word; a HEAD has none, so it is asked once more
 * @throws AppError UNAVAILABLE (503), REGISTRY_FAILED (502) for every other answer
 */
export async function lookUpManifest(
  { send }: RegistryTransport,
  { repository, reference, isLikelyUnknown, ...reading }: ManifestReference & LookUp,
): Promise<Descriptor | 'unknown'> {
  const request = {
    path: `${repository}/manifests/${reference}`,
    access: repositoryAccess(repository, 'pull'),
    headers: { accept: MANIFEST_ACCEPT },
    mostBytes: MANIFEST_BYTES,
    ...reading,
  }
  const what = `a look at ${repository} ${reference}`
  const describe = (answer: RegistryAnswer): Descriptor => ({
    digest: readDigest(answer, reference, what),
    mediaType: header(answer, 'content-type'),
  })
  const head = isLikelyUnknown ? undefined : await send({ ...request, method: 'HEAD' })
  if (head?.status === 200) return describe(head)
  if (head !== undefined && head.status !== 404) throw unexpected(what, head)
  const answer = await send({ ...request, method: 'GET' })
  if (answer.status === 200) return describe(answer)
  if (isUnknown(answer)) return 'unknown'
  throw unexpected(what, answer)
}

export interface BlobReference {
  readonly repository: string
  /** Checked by the caller. */
  readonly digest: string
}

const blobRequest = (
  { repository, digest }: BlobReference,
  method: 'GET' | 'HEAD',
): Omit<RegistryRequest, 'mostBytes'> => ({
  method,
  path: `${repository}/blobs/${digest}`,
  access: repositoryAccess(repository, 'pull'),
})

const isRedirect = ({ status }: RegistryAnswer): boolean => status >= 300 && status < 400

/**
 * The size of a blob, by the registry's word.
 *
 * @returns undefined when it is not there, or when the registry sends its readers elsewhere, where
 *   we do not follow (R20)
 */
export async function findBlobSize(
  { send }: RegistryTransport,
  { repository, digest, ...reading }: BlobReference & Reading,
): Promise<number | undefined> {
  const request = blobRequest({ repository, digest }, 'HEAD')
  const answer = await send({ ...request, mostBytes: ERROR_BYTES, ...reading })
  if (answer.status === 404 || isRedirect(answer)) return undefined
  const size = header(answer, 'content-length')
  const what = `a look at a blob of ${repository}`
  if (answer.status !== 200 || !/^\d{1,15}$/.test(size)) throw unexpected(what, answer)
  return Number(size)
}

/** Whether a blob is there, by the registry's word; one that is kept elsewhere is. */
export async function hasBlob(
  { send }: RegistryTransport,
  { repository, digest, ...reading }: BlobReference & Reading,
): Promise<boolean> {
  const request = blobRequest({ repository, digest }, 'HEAD')
  const answer = await send({ ...request, mostBytes: ERROR_BYTES, ...reading })
  if (answer.status === 200 || isRedirect(answer)) return true
  if (answer.status === 404) return false
  throw unexpected(`a look at a blob of ${repository}`, answer)
}

/** @returns undefined when it is not there, is larger than `mostBytes`, or is kept elsewhere */
export async function readBlob(
  { send }: RegistryTransport,
  { repository, digest, ...reading }: BlobReference & Reading & { readonly mostBytes: number },
): Promise<Buffer | undefined> {
  try {
    const answer = await send({ ...blobRequest({ repository, digest }, 'GET'), ...reading })
    if (answer.status === 200) return answer.body
    if (answer.status === 404 || isRedirect(answer)) return undefined
    throw unexpected(`a read of a blob of ${repository}`, answer)
  } catch (error) {
    if (error instanceof AppError && /bytes where less was due/.test(error.message)) {
      return undefined
    }
    throw error
  }
}
