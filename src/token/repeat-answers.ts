import type { IncomingMessage, ServerResponse } from 'node:http'
import { ANSWER_HEADERS } from '../http/answer-headers.ts'
import type { Origin } from '../http/caller.ts'
import type { Log } from '../http/middleware.ts'
import type { AnswerCache } from './answer-cache.ts'

const PATH = '/auth/token?'

export interface RepeatAnswersDeps {
  readonly answers: AnswerCache
  readonly readOrigin: (request: IncomingMessage) => Origin
  readonly log: Log
}

/** The body of the realm's answer. */
export const presentToken = (token: string, expiresInSeconds: number): string =>
  // A JWT has no letter that JSON would escape.
  `{"token":"${token}","access_token":"${token}","expires_in":${expiresInSeconds}}`

/**
 * Answers a request for a token that was answered a moment ago, before anything else looks at it:
 * no query, no hash, no signature. Logs the same line as every request.
 *
 * @returns false when it has to go the whole way
 */
export const createAnswerRepeater =
  ({ answers, readOrigin, log }: RepeatAnswersDeps) =>
  (request: IncomingMessage, response: ServerResponse): boolean => {
    const { method, url = '' } = request
    if (method !== 'GET' || !url.startsWith(PATH)) return false
    const startedAtMs = performance.now()
    const issued = answers.find(request)
    if (issued === undefined) return false
    const body = presentToken(issued.token, issued.expiresInSeconds)
    const { requestId, address } = readOrigin(request)
    response.writeHead(200, {
      ...ANSWER_HEADERS,
      'X-Request-Id': requestId,
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': body.length,
    })
    response.end(body)
    const ms = Math.round((performance.now() - startedAtMs) * 10) / 10
    log.info({ requestId, method, path: '/auth/token', status: 200, ms, address }, 'request')
    return true
  }
