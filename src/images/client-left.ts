import type { IncomingMessage } from 'node:http'
import { AppError } from '../errors.ts'

/**
 * Does work for a request with a signal that its client has left: then nobody reads the answer, and
 * what it costs is spared.
 */
export async function untilClientLeaves<T>(
  { socket }: IncomingMessage,
  work: (left: AbortSignal) => Promise<T>,
): Promise<T> {
  const leaving = new AbortController()
  const leave = (): void =>
    leaving.abort(new AppError('REQUEST_INVALID', { detail: 'the client left before the answer' }))
  if (socket.destroyed) leave()
  socket.once('close', leave)
  try {
    return await work(leaving.signal)
  } finally {
    socket.off('close', leave)
  }
}
