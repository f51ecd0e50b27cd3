import { z } from 'zod'

/** A JSON Schema as OpenAPI 3.1 takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** `input` is what a caller sends, `output` what the service answers: defaults and changes differ. */
export type Direction = 'input' | 'output'

/** Collects schemas that have a name of their own, which are described once and referred to. */
export interface SchemaBook {
  readonly describe: (schema: z.ZodType, direction: Direction) => JsonSchema
  /** What has been named so far, by name. */
  readonly named: () => Readonly<Record<string, JsonSchema>>
}

const nameIn = (id: string, direction: Direction): string =>
  direction === 'input' ? `${id}Input` : id

function pointToComponents(value: unknown, direction: Direction): unknown {
  if (Array.isArray(value)) return value.map((part) => pointToComponents(part, direction))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) =>
      key === '$ref' && typeof part === 'string'
        ? [key, `#/components/schemas/${nameIn(part.replace('#/$defs/', ''), direction)}`]
        : [key, pointToComponents(part, direction)],
    ),
  )
}

type Overridden = Parameters<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override'] & {}>[0]

/** What a secret field says of itself; it is missing where an answer is repeated. */
const isSecret = (part: unknown): boolean =>
  typeof part === 'object' && part !== null && 'x-secret' in part

/** Leaves out what says nothing to a reader, and promises nothing about fields to come. */
function simplify({ zodSchema, jsonSchema }: Overridden, direction: Direction): void {
  if (jsonSchema.format === 'date-time' || jsonSchema.format === 'email') delete jsonSchema.pattern
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (direction === 'input' || zodSchema._zod.def.type !== 'object') return
  delete jsonSchema.additionalProperties
  const { properties = {}, required } = jsonSchema
  if (required !== undefined) {
    jsonSchema.required = required.filter((name) => !isSecret(properties[name]))
  }
}

/**
 * Makes a book of schemas. One with `.meta({ id })` becomes a component of that name, and of the
 * name plus `Input` where a caller sends it.
 *
 * @throws Error when two different schemas have one name, or one refers to itself without a name
 */
export function createSchemaBook(): SchemaBook {
  const named = new Map<string, JsonSchema>()
  const keep = (id: string, schema: unknown, direction: Direction): void => {
    if (id.startsWith('__')) throw new Error('give the schema that refers to itself a meta id')
    const name = nameIn(id, direction)
    const described = pointToComponents(schema, direction) as JsonSchema
    const before = named.get(name)
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(described)) {
      throw new Error(`two different schemas have the name ${name}`)
    }
    named.set(name, described)
  }
  return {
    describe: (schema, direction) => {
      const { $schema, $defs, ...root } = z.toJSONSchema(schema, {
        io: direction,
        unrepresentable: 'any',
        override: (found) => simplify(found, direction),
      })
      for (const [id, part] of Object.entries($defs ?? {})) keep(id, part, direction)
      return pointToComponents(root, direction) as JsonSchema
    },
    named: () => Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}
