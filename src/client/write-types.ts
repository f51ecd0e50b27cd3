import type { Operation, Parameter } from '../http/describe-route.ts'
import type { JsonSchema } from '../http/describe-schema.ts'
import type { OpenApiDocument } from '../http/openapi.ts'
import { writeFields, writePlace } from './write-places.ts'

const API = '/api/'
const WORD = /^[A-Za-z_$][\w$]*$/

type Schemas = Readonly<Record<string, JsonSchema>>

const keyOf = (name: string): string => (WORD.test(name) ? name : JSON.stringify(name))

const indent = (text: string): string => text.replaceAll('\n', '\n  ')

function writeObject({ properties = {}, required = [] }: JsonSchema): string {
  const needed = new Set(required as readonly string[])
  const fields = Object.entries(properties as Schemas)
  if (fields.length === 0) return 'Readonly<Record<string, unknown>>'
  const lines = fields.map(([name, schema]) => {
    const type = indent(writeType(schema))
    if (needed.has(name)) return `  readonly ${keyOf(name)}: ${type}`
    // Whoever passes an option on need not ask first whether it is there.
    return `  readonly ${keyOf(name)}?: ${type === 'unknown' ? type : `${type} | undefined`}`
  })
  return `{\n${lines.join('\n')}\n}`
}

const PLAIN: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
}

const union = (types: readonly string[]): string => [...new Set(types)].join(' | ')

function writeNamed(schema: JsonSchema): string | undefined {
  const { $ref, anyOf, oneOf, enum: words, const: only } = schema
  const either = anyOf ?? oneOf
  if ($ref !== undefined) return `Schemas[${JSON.stringify(String($ref).split('/').at(-1))}]`
  if (only !== undefined) return JSON.stringify(only)
  if (Array.isArray(words)) return union(words.map((word) => JSON.stringify(word)))
  if (Array.isArray(either)) return union(either.map(writeType))
  return undefined
}

/** A JSON schema as a TypeScript type; what it cannot say is `unknown`. */
export function writeType(schema: JsonSchema): string {
  const named = writeNamed(schema)
  if (named !== undefined) return named
  const { type, items } = schema
  if (type === 'object') return writeObject(schema)
  if (type === 'array') return `ReadonlyArray<${writeType((items ?? {}) as JsonSchema)}>`
  if (Array.isArray(type)) return union(type.map((one) => writeType({ ...schema, type: one })))
  return PLAIN[String(type)] ?? 'unknown'
}

function writeParameters(parameters: readonly Parameter[], place: Parameter['in']): string {
  const found = parameters.filter((parameter) => parameter.in === place)
  if (found.length === 0) return 'undefined'
  return writeObject({
    properties: Object.fromEntries(found.map(({ name, schema }) => [name, schema])),
    required: found.filter(({ required }) => required).map(({ name }) => name),
  })
}

/** What is answered when it is done; undefined where that has no body. */
function writeAnswer({ responses }: Operation): string {
  const done = Object.entries(responses).filter(([status]) => /^2/.test(status))
  return union(
    done.map(([, answer]) => {
      const [content] = Object.values(('content' in answer && answer.content) || {})
      return content === undefined ? 'undefined' : writeType(content.schema)
    }),
  )
}

function writeOperation(operation: Operation): string {
  const [content] = Object.values(operation.requestBody?.content ?? {})
  const body = content === undefined ? 'undefined' : writeType(content.schema)
  const lines = [
    `  /** ${operation.summary.replaceAll('*/', '* /')}. */`,
    `  readonly ${operation.operationId}: {`,
    `    readonly params: ${indent(indent(writeParameters(operation.parameters, 'path')))}`,
    `    readonly query: ${indent(indent(writeParameters(operation.parameters, 'query')))}`,
    `    readonly body: ${indent(indent(body))}`,
    `    readonly answer: ${indent(indent(writeAnswer(operation)))}`,
    '  }',
  ]
  return lines.join('\n')
}

/**
 * Writes the types of the API's operations, and where each is, as a TypeScript module. Operations
 * outside of `/api/` are for registry clients and monitors, and are left out.
 */
export function writeClientTypes({ paths, components }: OpenApiDocument): string {
  const operations = Object.entries(paths)
    .filter(([path]) => path.startsWith(API))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    )
    .sort((a, b) => (a.operation.operationId < b.operation.operationId ? -1 : 1))
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `  readonly ${keyOf(name)}: ${indent(writeType(schema))}`,
  )
  const places = operations.map(
    ({ path, method, operation }) =>
      `  ${operation.operationId}: ${writePlace(method, path, operation)},`,
  )
  const fields = writeFields(
    components.schemas,
    operations.map(({ operation }) => operation),
  )
  return [
    '// Generated from the document of the API: do not change it by hand.',
    '// Anew by: GENERATE_CLIENT=1 npm test -- test/client/generated',
    '',
    '/** What the API speaks of, by name. */',
    `export interface Schemas {\n${schemas.join('\n')}\n}`,
    '',
    '/** What each operation takes and answers. */',
    `export interface Operations {\n${operations.map(({ operation }) => writeOperation(operation)).join('\n')}\n}`,
    '',
    '/** What each of them cannot be without. */',
    `export const FIELDS = {\n${fields}\n} as const`,
    '',
    '/** Where each operation is, and what it answers: one of these, a page of these, or text. */',
    `export const OPERATIONS = {\n${places.join('\n')}\n} as const`,
    '',
  ].join('\n')
}
