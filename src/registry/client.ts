import { AppError } from '../errors.ts'
import { ERROR_BYTES } from './answers.ts'
import { type CatalogPage, listCatalog, listTags } from './lists.ts'
import {
  type Descriptor,
  deleteManifest,
  findManifest,
  type Manifest,
  type ManifestReference,
  putManifest,
  readManifest,
} from './manifests.ts'
import {
  createRegistryTransport,
  type RegistryTransport,
  type RegistryTransportDeps,
} from './transport.ts'

/** Our calls to the registry; what each answers stands at the function of its name. */
export interface RegistryClient {
  /** @throws AppError UNAVAILABLE (503) when the registry does not answer or refuses our token */
  readonly ping: () => Promise<void>
  readonly listCatalog: (after: string) => Promise<CatalogPage>
  readonly listTags: (repository: string) => Promise<readonly string[] | undefined>
  readonly findManifest: (reference: ManifestReference) => Promise<Descriptor | undefined>
  readonly readManifest: (reference: ManifestReference) => Promise<Manifest | undefined>
  readonly putManifest: (
    reference: ManifestReference,
    manifest: Pick<Manifest, 'mediaType' | 'content'>,
  ) => Promise<void>
  readonly deleteManifest: (
    reference: ManifestReference,
  ) => Promise<'deleted' | 'missing' | 'disabled'>
  readonly close: () => Promise<void>
}

async function ping({ send }: RegistryTransport): Promise<void> {
  const answer = await send({ method: 'GET', path: '', access: [], mostBytes: ERROR_BYTES })
  if (answer.status === 200) return
  const detail =
    answer.status === 401
      ? 'the registry does not accept our tokens; see that it trusts the bundle, and that service and issuer are the same on both sides'
      : `the registry answered ${answer.status}`
  throw new AppError('UNAVAILABLE', { detail, retryAfterSeconds: 5 })
}

export function createRegistryClient(deps: RegistryTransportDeps): RegistryClient {
  const transport = createRegistryTransport(deps)
  return {
    ping: () => ping(transport),
    listCatalog: (after) => listCatalog(transport, after),
    listTags: (repository) => listTags(transport, repository),
    findManifest: (reference) => findManifest(transport, reference),
    readManifest: (reference) => readManifest(transport, reference),
    putManifest: (reference, manifest) => putManifest(transport, reference, manifest),
    deleteManifest: (reference) => deleteManifest(transport, reference),
    close: transport.close,
  }
}
