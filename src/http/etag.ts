import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '../errors.ts'
import type { Answer, Route } from './route.ts'

/** Held against what is there now; undefined is a thing that is not there. @throws AppError PRECONDITION_FAILED (412) */
export type Check<T> = (current: T | undefined) => void

/** What `If-Match` and `If-None-Match` of a change ask for. */
export interface Precondition {
  /**
   * Makes the check that an operation calls inside its transaction, after the caller's rights and
   * before the change, on what it read there. The row must not be able to change in between: read it
   * in `inRightsChange`, or `forUpdate`.
   *
   * @param present what the route that reads the thing answers with
   */
  readonly on: <T>(present: (thing: T) => unknown) => Check<T>
}

const HASH_CHARACTERS = 27
const TAG = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g
const TAG_LIST =
  /^[\s,]*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:[\s,]*,\s*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")*[\s,]*$/

/** The strong tag of a representation: two that differ in a byte have different ones. */
export const etagOf = (body: unknown): string =>
  `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, HASH_CHARACTERS)}"`

/** `*`, or the tags of a list; weak ones only where a weak comparison is asked for. */
function readTags(
  header: string,
  value: string,
  comparison: 'strong' | 'weak',
): '*' | ReadonlySet<string> {
  if (value.trim() === '*') return '*'
  if (!TAG_LIST.test(value)) {
    throw new AppError('REQUEST_INVALID', {
      detail: `the header ${header} is neither * nor a list of tags such as "abc"; send the ETag of an answer as it came, with its quotes`,
    })
  }
  const tags = [...value.matchAll(TAG)].filter(([, weak]) => !weak || comparison === 'weak')
  return new Set(tags.map(([, , tag]) => `"${tag}"`))
}

const stale = (detail: string): AppError => new AppError('PRECONDITION_FAILED', { detail })

function checkMatch(value: string, current: string | undefined): void {
  const wanted = readTags('If-Match', value, 'strong')
  if (current === undefined) throw stale('there is nothing here that If-Match could match')
  if (wanted === '*' || wanted.has(current)) return
  throw stale(
    `it is not what If-Match names any more: now it is ${current}; read it again, then repeat the change`,
  )
}

function checkNoneMatch(value: string, current: string | undefined): void {
  const refused = readTags('If-None-Match', value, 'weak')
  if (current === undefined || (refused !== '*' && !refused.has(current))) return
  throw stale(`it is there already, as ${current}, and If-None-Match asks that it is not`)
}

/**
 * Reads the condition under which a change is asked for.
 *
 * @throws AppError REQUEST_INVALID (400) for a condition on a route that cannot hold it: to ignore it
 *   would be a change that the caller wanted not to happen
 */
export function readPrecondition(route: Route, headers: IncomingHttpHeaders): Precondition {
  const match = headers['if-match']
  const noneMatch = headers['if-none-match']
  const isChange = ['put', 'patch', 'delete'].includes(route.method)
  if (isChange && !route.conditional && (match !== undefined || noneMatch !== undefined)) {
    throw new AppError('REQUEST_INVALID', {
      detail: 'this route takes neither If-Match nor If-None-Match; send the request without them',
    })
  }
  return {
    on: (present) => (current) => {
      const tag = current === undefined ? undefined : etagOf(present(current))
      if (match !== undefined) checkMatch(match, tag)
      if (noneMatch !== undefined) checkNoneMatch(noneMatch, tag)
    },
  }
}

const isData = (body: unknown): boolean =>
  typeof body === 'string' ||
  (typeof body === 'object' && body !== null && Object.getPrototypeOf(body) === Object.prototype)

/**
 * Gives the answer of a read its `ETag`, and leaves its body out where the caller has that one.
 * The answer of a conditional change is what a read would answer now, so it has one too.
 */
export function withEtag(route: Route, headers: IncomingHttpHeaders, answer: Answer): Answer {
  const isTagged = route.etag || route.conditional
  if (!isTagged || answer.status !== 200 || !isData(answer.body)) return answer
  const etag = etagOf(answer.body)
  const tagged = { ...answer, headers: { ...answer.headers, ETag: etag } }
  const known = headers['if-none-match']
  if (route.method !== 'get' || known === undefined) return tagged
  const tags = readTags('If-None-Match', known, 'weak')
  if (tags !== '*' && !tags.has(etag)) return tagged
  return { status: 304, headers: tagged.headers }
}
