import { AppError } from '../errors.ts'
import { ERROR_BYTES } from './answers.ts'
import { createGate } from './gate.ts'
import { type CatalogPage, listCatalog, listTags } from './lists.ts'
import { type BlobReference, findBlobSize, hasBlob, lookUpManifest, readBlob } from './look-up.ts'
import {
  type Descriptor,
  deleteManifest,
  deleteTagByName,
  findManifest,
  type Manifest,
  type ManifestReading,
  type ManifestReference,
  putManifest,
  readManifest,
} from './manifests.ts'
import { type BlobMount, mountBlob } from './mount.ts'
import { probeWrites, type WriteState } from './probe-writes.ts'
import {
  createRegistryTransport,
  type Reading,
  type RegistryTransport,
  type RegistryTransportDeps,
} from './transport.ts'

/** A list may be long, and anybody may ask for it: so few are in memory at a time, over the whole process. */
const LISTS_AT_ONCE = 4

/** Our calls to the registry; what each answers stands at the function of its name. */
export interface RegistryClient {
  /** @throws AppError UNAVAILABLE (503) when the registry does not answer or refuses our token */
  readonly ping: (reading?: Reading) => Promise<void>
  readonly listCatalog: (after: string, reading?: Reading) => Promise<CatalogPage>
  readonly listTags: (
    repository: string,
    reading?: Reading,
  ) => Promise<readonly string[] | undefined>
  readonly findManifest: (
    reference: ManifestReference,
    reading?: Reading,
  ) => Promise<Descriptor | undefined>
  readonly readManifest: (
    reference: ManifestReference,
    reading?: ManifestReading,
  ) => Promise<Manifest | undefined>
  readonly lookUpManifest: (
    reference: ManifestReference,
    reading?: Reading,
  ) => Promise<Descriptor | 'unknown'>
  readonly findBlobSize: (blob: BlobReference, reading?: Reading) => Promise<number | undefined>
  readonly hasBlob: (blob: BlobReference, reading?: Reading) => Promise<boolean>
  readonly probeWrites: () => Promise<WriteState>
  readonly readBlob: (
    blob: BlobReference & { readonly mostBytes: number },
    reading?: Reading,
  ) => Promise<Buffer | undefined>
  readonly putManifest: (
    reference: ManifestReference,
    manifest: Pick<Manifest, 'mediaType' | 'content'>,
    reading?: Reading,
  ) => Promise<void>
  readonly mountBlob: (mount: BlobMount) => Promise<boolean>
  readonly deleteManifest: (
    reference: ManifestReference,
  ) => Promise<'deleted' | 'missing' | 'disabled'>
  readonly deleteTagByName: (
    reference: ManifestReference,
  ) => Promise<'deleted' | 'missing' | 'unsupported' | 'disabled'>
  readonly close: () => Promise<void>
}

async function ping({ send }: RegistryTransport, reading?: Reading): Promise<void> {
  const request = { method: 'GET', path: '', access: [], mostBytes: ERROR_BYTES } as const
  const answer = await send({ ...request, ...reading })
  if (answer.status === 200) return
  const detail =
    answer.status === 401
      ? 'the registry does not accept our tokens; see that it trusts the bundle, and that service and issuer are the same on both sides'
      : `the registry answered ${answer.status}`
  throw new AppError('UNAVAILABLE', { detail, retryAfterSeconds: 5 })
}

export function createRegistryClient(deps: RegistryTransportDeps): RegistryClient {
  const transport = createRegistryTransport(deps)
  const lists = createGate({
    atOnce: LISTS_AT_ONCE,
    longestWaitMs: deps.timeoutSeconds * 1000,
  })
  return {
    ping: (reading) => ping(transport, reading),
    listCatalog: (after, reading) => lists.run(() => listCatalog(transport, { after, ...reading })),
    listTags: (repository, reading) =>
      lists.run(() => listTags(transport, { repository, ...reading })),
    findManifest: (reference, reading) => findManifest(transport, { ...reference, ...reading }),
    readManifest: (reference, reading) => readManifest(transport, { ...reference, ...reading }),
    lookUpManifest: (reference, reading) => lookUpManifest(transport, { ...reference, ...reading }),
    findBlobSize: (blob, reading) => findBlobSize(transport, { ...blob, ...reading }),
    hasBlob: (blob, reading) => hasBlob(transport, { ...blob, ...reading }),
    probeWrites: () => probeWrites(transport),
    readBlob: (blob, reading) => readBlob(transport, { ...blob, ...reading }),
    putManifest: (reference, manifest, reading) =>
      putManifest(transport, reference, manifest, reading),
    mountBlob: (mount) => mountBlob(transport, mount),
    deleteManifest: (reference) => deleteManifest(transport, reference),
    deleteTagByName: (reference) => deleteTagByName(transport, reference),
    close: transport.close,
  }
}
