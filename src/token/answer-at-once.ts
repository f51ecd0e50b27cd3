import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SignInRecord } from '../audit/sign-in-record.ts'
import { ON_BEHALF_OF } from '../http/acting.ts'
import { ANSWER_HEADERS } from '../http/answer-headers.ts'
import { readBasicCredentials } from '../http/basic-auth.ts'
import type { Origin } from '../http/caller.ts'
import type { Log } from '../http/middleware.ts'
import type { TokenAnswer } from '../metrics/names.ts'
import type { RequestCounter } from '../metrics/requests.ts'
import { parseScopes } from '../protocol/scope.ts'
import { subjectName } from '../protocol/subject.ts'
import type { Recognize } from '../signin/authenticate.ts'
import { recordSubject } from '../signin/recorded-authenticate.ts'
import type { AnswerCache, AnswerOf, Asked } from './answer-cache.ts'
import { type GrantAccessDeps, grantKnownAccess } from './grant-access.ts'
import { type IssuedToken, type IssueTokenDeps, issueToken } from './issue-token.ts'
import {
  isRepeatable,
  MOST_SCOPES,
  repeatableUntil,
  requireAccount,
  SECRET_PARAMETERS,
} from './token-request.ts'

const PATH = '/auth/token?'

export interface AnswerAtOnceDeps extends GrantAccessDeps, IssueTokenDeps {
  readonly answers: AnswerCache
  readonly recognize: Recognize
  readonly signIns: Pick<SignInRecord, 'succeeded'>
  readonly readOrigin: (request: IncomingMessage) => Origin
  readonly log: Log
  readonly metrics: {
    readonly countIssued: (answer: TokenAnswer) => void
    readonly requests: (listener: 'public') => RequestCounter
  }
}

/** Whether the query is one that the route would take as it is. */
function isPlain(query: URLSearchParams, service: string): boolean {
  const services = query.getAll('service')
  if (services.length !== 1 || services[0] !== service) return false
  if (query.getAll('account').length > 1 || query.has('offline_token')) return false
  return !SECRET_PARAMETERS.some((name) => query.has(name))
}

/**
 * Works the answer out from memory: credentials that were proven, rights that are known.
 *
 * @returns undefined when something would have to be read, or is not as the route wants it
 * @throws AppError for what the route will refuse in its own words
 */
function issueKnown(
  deps: AnswerAtOnceDeps,
  request: IncomingMessage,
  asked: Asked | undefined,
): AnswerOf | undefined {
  const query = new URLSearchParams((request.url ?? '').slice(PATH.length))
  if (!isPlain(query, deps.settings.service)) return undefined
  const credentials = readBasicCredentials(request.headers.authorization ?? '')
  const subject = deps.recognize(credentials, () => deps.readOrigin(request).address)
  if (subject === undefined) return undefined
  requireAccount(query.get('account') ?? undefined, subject)
  const scopes = parseScopes(query.getAll('scope'), MOST_SCOPES)
  const grant = grantKnownAccess(deps, { subject, asked: scopes })
  if (grant === undefined) return undefined
  const issued = issueToken(deps, { sub: subjectName(subject), ...grant })
  const answer = { issued, subject }
  if (asked && isRepeatable(subject)) {
    deps.answers.keepAsked(asked, answer, repeatableUntil(subject, grant.until))
  }
  return answer
}

function issueOrNothing(
  deps: AnswerAtOnceDeps,
  request: IncomingMessage,
  asked: Asked | undefined,
): AnswerOf | undefined {
  try {
    return issueKnown(deps, request, asked)
  } catch {
    return undefined
  }
}

function findOrIssue(deps: AnswerAtOnceDeps, request: IncomingMessage): AnswerOf | undefined {
  const { answer: repeated, asked } = deps.answers.find(request)
  const answer = repeated ?? issueOrNothing(deps, request, asked)
  if (answer !== undefined) {
    deps.metrics.countIssued(repeated === undefined ? 'remembered' : 'repeated')
  } else if (asked !== undefined) {
    deps.answers.remember(request, asked)
  }
  return answer
}

function send(response: ServerResponse, requestId: string, issued: IssuedToken): void {
  const { token, expiresInSeconds } = issued
  // A JWT has no letter that JSON would escape.
  const body = `{"token":"${token}","access_token":"${token}","expires_in":${expiresInSeconds}}`
  response.writeHead(200, {
    'X-Request-Id': requestId,
    ...ANSWER_HEADERS,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': body.length,
  })
  // All of it is ASCII, so nothing has to be encoded.
  response.end(body, 'latin1')
}

/**
 * Answers a warm request for a token at once, before anything else looks at it: no query, no slow
 * hash, nothing to wait for. Logs the same line as every request, and is counted like one of the
 * route that it stands in for.
 *
 * @returns false when the request has to go the whole way; nothing was done then
 */
export function createAnswerAtOnce(
  deps: AnswerAtOnceDeps,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const { prepare } = deps.metrics.requests('public')
  const countAnswer = prepare({ method: 'GET', route: '/auth/token', status: 200 })
  return (request, response) => {
    if (request.method !== 'GET' || request.url?.startsWith(PATH) !== true) return false
    // The route refuses it in its own words.
    if (request.headers[ON_BEHALF_OF] !== undefined) return false
    const startedAtMs = performance.now()
    const answer = findOrIssue(deps, request)
    if (answer === undefined) return false
    const { requestId, address } = deps.readOrigin(request)
    send(response, requestId, answer.issued)
    recordSubject(deps.signIns, answer.subject, address)
    const tookMs = performance.now() - startedAtMs
    countAnswer(tookMs / 1000)
    const subject = subjectName(answer.subject)
    const ms = Math.round(tookMs * 10) / 10
    deps.log.info(
      { requestId, method: 'GET', path: '/auth/token', status: 200, ms, address, subject },
      'request',
    )
    return true
  }
}
