import type { Operation } from '../http/describe-route.ts'
import type { JsonSchema } from '../http/describe-schema.ts'

const quote = (text: string): string => `'${text}'`

const list = (words: readonly string[]): string => `[${words.map(quote).join(', ')}]`

/** The names of what a schema refers to, by itself or as one of several; none where it has no name. */
function namesOf({ $ref, anyOf, oneOf }: JsonSchema): readonly string[] {
  if ($ref !== undefined) return [String($ref).split('/').at(-1) ?? '']
  const either = anyOf ?? oneOf
  return Array.isArray(either) ? either.flatMap((schema: JsonSchema) => namesOf(schema)) : []
}

function itemsOf({ properties }: JsonSchema): JsonSchema | undefined {
  const { items, next } = (properties ?? {}) as Readonly<Record<string, JsonSchema>>
  return items === undefined || next === undefined ? undefined : (items.items as JsonSchema)
}

/** What a successful answer is; undefined where it has no body. */
function answerOf({ responses }: Operation): JsonSchema | undefined {
  const done = Object.entries(responses).filter(([status]) => /^2/.test(status))
  const contents = done.flatMap(([, answer]) =>
    Object.values(('content' in answer && answer.content) || {}),
  )
  return contents[0]?.schema
}

function writeForm(answer: JsonSchema | undefined): string {
  if (answer === undefined) return ''
  if (answer.type === 'string') return ', text: true'
  const items = itemsOf(answer)
  if (items !== undefined) return `, items: ${list(namesOf(items))}`
  const names = namesOf(answer)
  return names.length === 0 ? '' : `, answer: ${list(names)}`
}

/** Where an operation is and what it answers, as an object of TypeScript. */
export const writePlace = (method: string, path: string, operation: Operation): string =>
  `{ method: ${quote(method.toUpperCase())}, path: ${quote(path)}${writeForm(answerOf(operation))} }`

/** The fields that what operations answer must have, a line for each thing. */
export function writeFields(
  schemas: Readonly<Record<string, JsonSchema>>,
  operations: readonly Operation[],
): string {
  const used = new Set(
    operations.flatMap((operation) => {
      const answer = answerOf(operation)
      return answer === undefined ? [] : namesOf(itemsOf(answer) ?? answer)
    }),
  )
  return Object.entries(schemas)
    .filter(([name]) => used.has(name))
    .map(([name, { required = [] }]) => `  ${name}: ${list(required as readonly string[])},`)
    .join('\n')
}
