import type { JsonSchema } from './describe-schema.ts'

const MOST_DEPTH = 6

type Schemas = Readonly<Record<string, JsonSchema>>

const nameOf = (reference: unknown): string => String(reference).split('/').at(-1) ?? ''

const FORMATS: Readonly<Record<string, string>> = {
  email: 'alice@example.com',
  'date-time': '2030-12-31T23:59:59Z',
}

function exampleObject({ properties, required }: JsonSchema, schemas: Schemas, depth: number) {
  const needed = new Set((required ?? []) as readonly string[])
  const fields = Object.entries((properties ?? {}) as Schemas)
  // Where nothing is needed, one field shows the form.
  const shown = needed.size > 0 ? fields.filter(([name]) => needed.has(name)) : fields.slice(0, 1)
  return Object.fromEntries(
    shown.map(([name, schema]) => [name, exampleOf(schema, schemas, depth + 1)]),
  )
}

function exampleOfType(schema: JsonSchema, schemas: Schemas, depth: number): unknown {
  const { type, format, minimum, items } = schema
  if (type === 'object') return exampleObject(schema, schemas, depth)
  if (type === 'array') return [exampleOf((items ?? {}) as JsonSchema, schemas, depth + 1)]
  if (type === 'boolean') return true
  if (type === 'integer' || type === 'number') return minimum ?? 1
  return FORMATS[String(format)] ?? '…'
}

/** An example of what fits a schema, for people: its needed fields alone. */
export function exampleOf(schema: JsonSchema, schemas: Schemas, depth = 0): unknown {
  if (depth > MOST_DEPTH) return {}
  const { $ref, anyOf, enum: words, const: only, default: given } = schema
  if ($ref !== undefined) return exampleOf(schemas[nameOf($ref)] ?? {}, schemas, depth + 1)
  if (Array.isArray(anyOf)) return exampleOf(anyOf[0] as JsonSchema, schemas, depth + 1)
  const first = Array.isArray(words) ? words[0] : undefined
  return only ?? given ?? first ?? exampleOfType(schema, schemas, depth)
}

function objectType({ properties, required }: JsonSchema): string {
  const needed = new Set((required ?? []) as readonly string[])
  const fields = Object.entries((properties ?? {}) as Schemas)
  if (fields.length === 0) return 'object'
  const described = fields.map(
    ([name, schema]) => `${name}${needed.has(name) ? '' : '?'}: ${typeOf(schema)}`,
  )
  return `{ ${described.join(', ')} }`
}

/** A schema in a line, for people. */
export function typeOf(schema: JsonSchema): string {
  const { $ref, anyOf, enum: words, const: only, type, items } = schema
  if ($ref !== undefined) return nameOf($ref)
  if (only !== undefined) return JSON.stringify(only)
  if (Array.isArray(words)) return words.map((word) => JSON.stringify(word)).join(' | ')
  if (Array.isArray(anyOf)) return anyOf.map((other) => typeOf(other as JsonSchema)).join(' | ')
  if (type === 'array') return `${typeOf((items ?? {}) as JsonSchema)}[]`
  if (type === 'object') return objectType(schema)
  return Array.isArray(type) ? type.join(' | ') : String(type ?? 'any')
}
