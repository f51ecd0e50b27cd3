import { ERRORS } from '../errors.ts'
import type { JsonSchema, SchemaBook } from './describe-schema.ts'
import type { AnswerDeclaration, Route } from './route.ts'

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly description?: string
  readonly schema: JsonSchema
}

export interface Content {
  readonly [mediaType: string]: { readonly schema: JsonSchema }
}

export interface DescribedAnswer {
  readonly description: string
  readonly headers?: Readonly<Record<string, { readonly $ref: string }>>
  readonly content?: Content
}

/** One method of one path, as OpenAPI 3.1 has it. */
export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly required: true; readonly content: Content }
  readonly responses: Readonly<Record<string, DescribedAnswer | { readonly $ref: string }>>
}

const BASE = /^\/api\/v\d+/
const REPOSITORY_NAME =
  'The name of a repository with its slashes as they are; one that holds a word of the paths (tags, manifests, blobs, referrers) is one segment, its slashes as %2F'

/** `/users/:username` and `/repositories/*name`, as OpenAPI writes them. */
export const templateOf = (path: string): string => path.replace(/[:*](\w+)/g, '{$1}')

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

const wordsOf = (segment: string): string =>
  segment
    .split(/[^A-Za-z0-9]+/)
    .map(capital)
    .join('')

/** `getUsers`, `patchUsersByUsername`: method, fixed words, and what the path ends in. */
export function operationIdOf({ method, path, operationId }: Route): string {
  if (operationId !== undefined) return operationId
  const segments = path.replace(BASE, '').split('/').filter(Boolean)
  const fixed = segments.filter((segment) => !/^[:*]/.test(segment)).map(wordsOf)
  const last = segments.at(-1) ?? ''
  return `${method}${fixed.join('')}${/^[:*]/.test(last) ? `By${wordsOf(last)}` : ''}`
}

export const takesBody = ({ method }: Route): boolean => ['post', 'put', 'patch'].includes(method)

/** Statuses of refusals and failures that the route may answer, beside those it declares. */
export function errorStatusesOf(route: Route): readonly number[] {
  const { open, path } = route
  const isApi = BASE.test(path)
  const may: readonly (readonly [number, boolean])[] = [
    [400, true],
    [401, !open],
    [403, !open],
    [404, /[:*]/.test(path)],
    [409, isApi && route.method !== 'get'],
    [412, route.conditional],
    [413, takesBody(route)],
    [415, takesBody(route)],
    [422, route.idempotent],
    [429, !open || route.limited],
    [500, true],
    [502, path.includes('/repositories')],
    [503, true],
  ]
  const refusals = new Set(route.refusals)
  return may.filter(([status, is]) => is || refusals.has(status)).map(([status]) => status)
}

/** The realm's clients read the OCI form, everybody else problem+json. */
export const errorFormOf = ({ path }: Route): 'Problem' | 'RegistryError' =>
  path.startsWith('/auth/') ? 'RegistryError' : 'Problem'

export const codesOf = (status: number): string =>
  Object.entries(ERRORS)
    .filter(([, error]) => error.status === status)
    .map(([code, { title }]) => `\`${code}\`: ${title}`)
    .join('; ')

function parametersOf(
  { properties = {}, required = [] }: JsonSchema,
  place: 'path' | 'query',
  path: string,
): readonly Parameter[] {
  const needed = new Set(required as readonly string[])
  return (
    Object.entries(properties as Readonly<Record<string, JsonSchema>>)
      // What is declared so that it can be refused is no parameter.
      .filter(([, schema]) => JSON.stringify(schema.not) !== '{}')
      .map(([name, { description, ...schema }]) => {
        const text = path.includes(`*${name}`) ? REPOSITORY_NAME : description
        return {
          name,
          in: place,
          ...((place === 'path' || needed.has(name)) && { required: true }),
          ...(text !== undefined && { description: String(text) }),
          schema,
        }
      })
  )
}

const securityOf = ({ open, anonymous, path }: Route): Operation['security'] => {
  if (open) return []
  // The token realm takes names with their secrets alone.
  const signedIn = BASE.test(path) ? [{ basic: [] }, { bearer: [] }] : [{ basic: [] }]
  return anonymous ? [{}, ...signedIn] : signedIn
}

const FORM = 'application/x-www-form-urlencoded'
const MEDIA_TYPES = { json: 'application/json', form: FORM, raw: '*/*' } as const

const header = (name: string) => ({ [name]: { $ref: `#/components/headers/${name}` } })

const HEADER_PARAMETERS = {
  'If-Match': 'Change it only while its ETag is one of these (412 otherwise); * while it is there',
  'Idempotency-Key':
    'Do it once: the same request with the same key is answered as the first time, for 24 hours and without secrets',
  'If-None-Match':
    'On a read: answer 304 without a body while the ETag is one of these; on a change: do not make it while it is one of these, * where anything is there',
} as const

const headerParameter = (name: keyof typeof HEADER_PARAMETERS): Parameter => ({
  name,
  in: 'header',
  description: HEADER_PARAMETERS[name],
  schema: { type: 'string' },
})

const headerParametersOf = ({ etag, conditional, idempotent }: Route): readonly Parameter[] => [
  ...(idempotent ? [headerParameter('Idempotency-Key')] : []),
  ...(conditional ? [headerParameter('If-Match')] : []),
  ...(etag || conditional ? [headerParameter('If-None-Match')] : []),
]

function describeAnswer(
  book: SchemaBook,
  { description, schema, type = 'application/json' }: AnswerDeclaration,
  names: readonly string[],
): DescribedAnswer {
  const headers = Object.assign({}, ...names.map(header))
  if (schema === undefined) return { description, headers }
  const media = { schema: book.describe(schema, 'output') }
  return { description, headers, content: Object.fromEntries([type].flat().map((t) => [t, media])) }
}

function answersOf(book: SchemaBook, route: Route): Operation['responses'] {
  const form = errorFormOf(route)
  const errors = errorStatusesOf(route).map((status) => [
    String(status),
    { $ref: `#/components/responses/${form}${status}` },
  ])
  const common = ['X-Request-Id', ...(route.limited ? ['RateLimit'] : [])]
  const tagged = route.etag || route.conditional ? ['ETag'] : []
  const declared = Object.entries(route.answers).map(([status, answer]) => [
    status,
    describeAnswer(book, answer, [...common, ...(status === '200' ? tagged : [])]),
  ])
  const unchanged = { description: 'It is what If-None-Match names', headers: header('ETag') }
  return Object.fromEntries([...errors, ...declared, ...(route.etag ? [[304, unchanged]] : [])])
}

/** Describes one route by the schemas that check its requests. */
export function describeRoute(book: SchemaBook, route: Route): Operation {
  const path = book.describe(route.params, 'input')
  const query = book.describe(route.query, 'input')
  const tag = route.path.replace(BASE, '').split('/')[1] ?? ''
  return {
    operationId: operationIdOf(route),
    summary: route.summary,
    tags: [tag],
    security: securityOf(route),
    parameters: [
      ...parametersOf(path, 'path', route.path),
      ...parametersOf(query, 'query', route.path),
      ...headerParametersOf(route),
    ],
    ...(route.body !== undefined && {
      requestBody: {
        required: true,
        content: { [MEDIA_TYPES[route.bodyType]]: { schema: book.describe(route.body, 'input') } },
      },
    }),
    responses: answersOf(book, route),
  }
}
