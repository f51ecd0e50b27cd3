import {
  codesOf,
  type DescribedAnswer,
  describeRoute,
  errorFormOf,
  errorStatusesOf,
  type Operation,
  templateOf,
} from './describe-route.ts'
import { createSchemaBook, type JsonSchema, type SchemaBook } from './describe-schema.ts'
import { problemSchema, registryErrorSchema } from './problem.ts'
import type { Method, Route } from './route.ts'

/** The parts of an OpenAPI 3.1 document that are written here. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: Readonly<Record<'title' | 'version' | 'summary' | 'description', string>>
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<Method, Operation>>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>
    readonly responses: Readonly<Record<string, DescribedAnswer>>
    readonly headers: Readonly<
      Record<string, { readonly description: string; readonly schema: JsonSchema }>
    >
    readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, string>>>>
  }
}

const DESCRIPTION = [
  'Users, groups, projects, robots, rights and images of a stock Docker registry, and the record of what was done.',
  'Writes need Content-Type: application/json. Unknown fields are refused. Times are RFC 3339 in UTC.',
  'Lists are {"items": […], "next": cursor}: send the cursor back as ?cursor= for the next page.',
  'A robot that has onBehalfOf acts for a user by the header X-Warden-On-Behalf-Of.',
].join('\n\n')

const NAME_AND_SECRET =
  'A user name with its password or with an access token; or the name of a robot with its secret'
const ACCESS_TOKEN =
  'An access token of a user; one with permissions needs one with the action `api`'

const SECURITY = {
  basic: { type: 'http', scheme: 'basic', description: NAME_AND_SECRET },
  bearer: { type: 'http', scheme: 'bearer', description: ACCESS_TOKEN },
} as const

const HEADERS = {
  RateLimit: {
    description: 'What the caller has left: r requests within the next t seconds',
    schema: { type: 'string' },
  },
  ETag: {
    description: 'Tag of this very representation, for If-Match and If-None-Match',
    schema: { type: 'string' },
  },
  'X-Request-Id': {
    description: 'Name of the request in the log; a client may send one of its own',
    schema: { type: 'string', pattern: '^[\\w.-]{1,64}$' },
  },
} as const

const FORMS = {
  Problem: { type: 'application/problem+json', schema: problemSchema },
  RegistryError: { type: 'application/json', schema: registryErrorSchema },
} as const

function describeErrors(
  book: SchemaBook,
  routes: readonly Route[],
): Readonly<Record<string, DescribedAnswer>> {
  const answers = routes.flatMap((route) =>
    errorStatusesOf(route).map((status) => {
      const form = errorFormOf(route)
      const { type, schema } = FORMS[form]
      const content = { [type]: { schema: book.describe(schema, 'output') } }
      return [`${form}${status}`, { description: codesOf(status), content }] as const
    }),
  )
  return Object.fromEntries(answers)
}

/**
 * Makes the OpenAPI document of routes out of the very schemas that check their requests, so that
 * neither can say something else than the other.
 *
 * @throws Error when two different schemas have one name
 */
export function createOpenApiDocument(routes: readonly Route[], version: string): OpenApiDocument {
  const book = createSchemaBook()
  const paths: Record<string, Partial<Record<Method, Operation>>> = {}
  for (const route of routes) {
    const template = templateOf(route.path)
    paths[template] = { ...paths[template], [route.method]: describeRoute(book, route) }
  }
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods))
  const tags = [...new Set(operations.flatMap((operation) => operation.tags))]
  const responses = describeErrors(book, routes)
  return {
    openapi: '3.1.0',
    info: {
      title: 'registry-warden',
      version,
      summary: 'Token authentication and admin API in front of the stock Docker registry',
      description: DESCRIPTION,
    },
    servers: [{ url: '/' }],
    tags: tags.map((name) => ({ name })),
    paths,
    components: {
      schemas: book.named(),
      responses,
      headers: HEADERS,
      securitySchemes: SECURITY,
    },
  }
}
