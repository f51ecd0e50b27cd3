import { z } from 'zod'
import type { Answer, Route } from './route.ts'

/** Left out under these names even where nobody marked them; a word inside may tell of a time. */
const SECRET_NAME = /^(?:secret|password)|(?:secret|password)$|^token$/i

interface Definition {
  readonly innerType?: z.ZodType
  readonly element?: z.ZodType
  readonly shape?: Readonly<Record<string, z.ZodType>>
}

const definitionOf = (schema: z.ZodType | undefined): Definition =>
  (schema?._zod.def ?? {}) as Definition

/** The schema inside of optional, nullable, readonly and the like. */
function unwrap(schema: z.ZodType | undefined): z.ZodType | undefined {
  const { innerType } = definitionOf(schema)
  return innerType === undefined ? schema : unwrap(innerType)
}

const isMarked = (schema: z.ZodType | undefined): boolean => {
  if (schema === undefined) return false
  const { innerType } = definitionOf(schema)
  return z.globalRegistry.get(schema)?.['x-secret'] === true || isMarked(innerType)
}

function strip(value: unknown, schema: z.ZodType | undefined): unknown {
  const { shape = {}, element } = definitionOf(unwrap(schema))
  if (Array.isArray(value)) return value.map((part) => strip(part, element))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !SECRET_NAME.test(name) && !isMarked(shape[name]))
      .map(([name, part]) => [name, strip(part, shape[name])]),
  )
}

/** An answer without what its schema marks as secret (`secretText`), and without what looks like it. */
export const withoutSecrets = ({ answers }: Route, { body, ...answer }: Answer): Answer => ({
  ...answer,
  body: strip(body, answers[answer.status]?.schema),
})
