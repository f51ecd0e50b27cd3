import { AppError } from '../errors.ts'
import { ERROR_BYTES, header, repositoryAccess, unexpected } from './answers.ts'
import { cancelUpload } from './mount.ts'
import type { RegistryTransport } from './transport.ts'

/** Whether a registry takes what is written. `stopped`: nothing listens there at all. */
export type WriteState = 'writable' | 'read-only' | 'stopped'

/** Always the same: a registry keeps the empty folder of every name that an upload began under. */
const PLACE = 'warden-gc/probe'

/** A host of several addresses refuses with one error for each. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof AggregateError) return error.errors.every(isRefused)
  return 'code' in error && error.code === 'ECONNREFUSED'
}

/**
 * Begins an upload where nothing is, and takes it back: a registry that is read-only refuses it,
 * whoever asks.
 *
 * @throws AppError UNAVAILABLE (503), REGISTRY_FAILED (502) where neither can be told
 */
export async function probeWrites({ send }: Pick<RegistryTransport, 'send'>): Promise<WriteState> {
  const access = repositoryAccess(PLACE, 'pull', 'push', 'delete')
  const path = `${PLACE}/blobs/uploads/`
  try {
    const answer = await send({ method: 'POST', path, access, mostBytes: ERROR_BYTES })
    if (answer.status === 405) return 'read-only'
    if (answer.status !== 202) throw unexpected('the beginning of an upload', answer)
    await cancelUpload({ send }, header(answer, 'location'), access)
    return 'writable'
  } catch (error) {
    if (error instanceof AppError && isRefused(error.cause)) return 'stopped'
    throw error
  }
}
