import type { IncomingMessage } from 'node:http'
import { AppError } from '../errors.ts'

/** The registry takes no larger manifest. */
export const MANIFEST_BYTES = 4 * 1024 * 1024
/** The proxy has the body before it sends a byte of it, so it comes at once. */
const LONGEST_MS = 10_000

const tooLarge = (): AppError =>
  new AppError('BODY_TOO_LARGE', { detail: 'a manifest has at most 4 MiB; this one is larger' })

/**
 * How long the body is: the server reads no byte more than its header says.
 *
 * @throws AppError REQUEST_INVALID (400) where there is none, BODY_TOO_LARGE (413)
 */
export function announcedBytes({ headers }: IncomingMessage): number {
  const length = headers['content-length']
  if (length === undefined) {
    throw new AppError('REQUEST_INVALID', {
      detail: 'the door takes a body with its length; the proxy in front has to buffer it',
    })
  }
  const bytes = Number(length)
  if (bytes > MANIFEST_BYTES) throw tooLarge()
  return bytes
}

const incomplete = (cause?: unknown): AppError =>
  new AppError('REQUEST_INVALID', {
    detail: 'the manifest did not arrive whole; push again',
    cause,
  })

/**
 * Reads the body whole: nothing is decided before its last byte is here (R26).
 *
 * @throws AppError REQUEST_INVALID (400) when it does not come
 */
export async function readBody(request: IncomingMessage, longestMs = LONGEST_MS): Promise<Buffer> {
  const chunks: Buffer[] = []
  const timer = setTimeout(() => request.destroy(), longestMs)
  try {
    for await (const chunk of request) chunks.push(chunk)
  } catch (error) {
    throw incomplete(error)
  } finally {
    clearTimeout(timer)
  }
  if (!request.complete) throw incomplete()
  return Buffer.concat(chunks)
}
