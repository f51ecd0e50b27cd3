import type { Access } from '../protocol/scope.ts'
import { ERROR_BYTES, header, repositoryAccess, unexpected } from './answers.ts'
import type { RegistryTransport } from './transport.ts'

export interface BlobMount {
  /** Where it is to be. */
  readonly repository: string
  /** Where it is. */
  readonly from: string
  /** Checked by the caller. */
  readonly digest: string
}

/** Of an address of the registry's only path and query are used (R20). */
function pathBelowRoot(location: string): string | undefined {
  const { pathname, search } = new URL(location, 'http://registry')
  const at = pathname.indexOf('/v2/')
  return at === -1 ? undefined : `${pathname.slice(at + '/v2/'.length)}${search}`
}

/** An upload that nobody wants is not left to be purged one day. */
export async function cancelUpload(
  { send }: Pick<RegistryTransport, 'send'>,
  location: string,
  access: readonly Access[],
): Promise<void> {
  const path = pathBelowRoot(location)
  if (path === undefined) return
  await send({ method: 'DELETE', path, access, mostBytes: ERROR_BYTES }).catch(() => undefined)
}

/**
 * Makes a blob of one repository part of another one, without moving a byte.
 *
 * @returns false when it is not there
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#mounting-a-blob-from-another-repository
 */
export async function mountBlob(
  transport: RegistryTransport,
  { repository, from, digest }: BlobMount,
): Promise<boolean> {
  const access = [
    ...repositoryAccess(repository, 'pull', 'push', 'delete'),
    ...repositoryAccess(from, 'pull'),
  ]
  const query = new URLSearchParams({ mount: digest, from })
  const answer = await transport.send({
    method: 'POST',
    path: `${repository}/blobs/uploads/?${query}`,
    access,
    mostBytes: ERROR_BYTES,
  })
  if (answer.status === 201) return true
  if (answer.status !== 202) throw unexpected(`mounting a blob of ${from} in ${repository}`, answer)
  await cancelUpload(transport, header(answer, 'location'), access)
  return false
}
