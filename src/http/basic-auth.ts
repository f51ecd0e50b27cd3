import { AppError } from '../errors.ts'
import type { BasicCredentials, Credentials } from './caller.ts'

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i
const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i

/**
 * Reads an `Authorization` header.
 *
 * @returns undefined when there is none
 * @throws AppError UNAUTHORIZED (401) when it is another scheme or cannot be read
 * @see https://www.rfc-editor.org/rfc/rfc7617
 */
export function readBasicCredentials(header: string): BasicCredentials | undefined {
  if (header === '') return undefined
  const text = Buffer.from(BASIC.exec(header)?.[1] ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon === -1) {
    throw new AppError('UNAUTHORIZED', {
      detail: 'the Authorization header cannot be read; send Basic with a user name and a password',
    })
  }
  return { username: text.slice(0, colon), secret: text.slice(colon + 1) }
}

/**
 * Reads an `Authorization` header of the API, which may be a Bearer too.
 *
 * @returns undefined when there is none
 * @throws AppError UNAUTHORIZED (401) when it is another scheme or cannot be read
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export function readApiCredentials(header: string): Credentials | undefined {
  const secret = BEARER.exec(header)?.[1]
  return secret === undefined ? readBasicCredentials(header) : { username: undefined, secret }
}
