/** A seeded source of chance: the same seed makes the same requests. */
export interface Chance {
  /** 0 to below 1. */
  readonly next: () => number
  readonly pick: <T>(items: readonly T[]) => T
  readonly is: (probability: number) => boolean
}

export function createChance(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    pick: <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T,
    is: (probability) => next() < probability,
  }
}

type Schema = Readonly<Record<string, unknown>>
type Schemas = Readonly<Record<string, Schema>>

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema: Schema
}

/** What of an operation of the document a request is made from. */
export interface DescribedOperation {
  readonly method: string
  /** With `{parameters}`. */
  readonly path: string
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

export interface GeneratedRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

const DIGEST = `sha256:${'a'.repeat(64)}`

/** Names that are there, or may be made; the rest of the grammar is in no schema. */
export const WORDS: Readonly<Record<string, readonly string[]>> = {
  username: ['alice', 'bob', 'bob', 'new.user', 'x@example.com', 'gen-1'],
  project: ['acme', 'acme', 'acme', 'library', 'open', 'none', 'gen-p1'],
  name: ['acme', 'acme/app', 'acme/app', 'open/app', 'gen-p1', 'ci', 'team', 'acme/deep/er/app'],
  group: ['team', 'team', 'acme', 'gen-p1', 'nobody'],
  robot: ['ci', 'ci', 'acme', 'gen-p1', 'nobody'],
  id: ['1', '2', '3', '4', '5', '99'],
  tag: ['latest', 'v1', '1.0.0', 'none'],
  reference: ['latest', 'v1', 'none', DIGEST],
  digest: [DIGEST],
  under: ['acme', 'acme/deep/', 'open'],
  q: ['app', 'v', 'acme/'],
  label: ['version=1', 'maintainer=somebody'],
  from: ['2031-01-01', '2026-11-01'],
  until: ['2031-01-31', '2026-11-30'],
  password: ['generated-own-7391', 'generated-own-7391', 'generated-own-7391', 'short'],
  currentPassword: ['generated-own-7391', 'generated-own-8452'],
  newPassword: ['generated-own-7391', 'generated-own-8452', 'short'],
  repositories: ['**', 'acme/**', 'web/*', 'app'],
  tags: ['*', 'v*', 'latest', 'sha256-*', 'none-*'],
  schedule: ['15 3 * * *', '0 4 * * MON'],
  networks: ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'],
  subject: ['alice', 'bob', 'anonymous', 'robot$acme+ci', 'robot$ci', 'nobody'],
  actor: ['admin', 'bob', 'robot$ci'],
  action: ['user.create', 'robot.rotate'],
  service: ['registry-warden', 'registry-warden', 'other'],
  scope: ['repository:acme/app:pull', 'registry:catalog:*', 'repository:open/app:pull,push'],
  access_type: ['offline', 'online'],
  grant_type: ['password', 'password', 'refresh_token'],
  email: ['a@example.com', 'b@example.com'],
  role: ['guest', 'maintainer'],
}
const ANY_WORDS = ['acme', 'v1', 'web/**', '**', '7', '2031-01-01T00:00:00Z', 'some text']

const NASTY: readonly unknown[] = [
  '',
  ' ',
  '\u0000',
  '\ud83d\ude00',
  '\u202e\u2066',
  'é',
  'İ',
  "' OR 1=1 --",
  '"; DROP TABLE users; --',
  '%',
  '_',
  '..',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'tags',
  'a/tags/b',
  'warden$system',
  'robot$x',
  'x'.repeat(300),
  'x'.repeat(5000),
  '0',
  '-1',
  '1e309',
  '9007199254740993',
  'NaN',
  'null',
  'true',
  '9999-12-31T23:59:59.999999Z',
  '0000-00-00T00:00:00Z',
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  [],
  {},
  [[[[[[]]]]]],
  [null],
  { a: 1 },
  { toString: 1, length: -1 },
]

const nameOf = (reference: unknown): string => String(reference).split('/').at(-1) ?? ''

export interface Generator {
  readonly chance: Chance
  readonly schemas: Schemas
}

function makeNumber(chance: Chance, { minimum = 0, maximum = 1000 }: Schema): number {
  const [low, high] = [Number(minimum), Math.min(Number(maximum), Number(minimum) + 1000)]
  return Math.floor(low + chance.next() * (high - low + 1))
}

function makeObject(generator: Generator, { properties = {}, required = [] }: Schema): object {
  const needed = new Set(required as readonly string[])
  return Object.fromEntries(
    Object.entries(properties as Schemas)
      .filter(([name]) => needed.has(name) || generator.chance.is(0.4))
      .map(([name, schema]) => [name, makeValue(generator, name, schema)]),
  )
}

const byType: Readonly<
  Record<string, (generator: Generator, name: string, schema: Schema) => unknown>
> = {
  object: (generator, _name, schema) => makeObject(generator, schema),
  array: (generator, name, { items }) =>
    Array.from({ length: 1 + Math.floor(generator.chance.next() * 3) }, () =>
      makeValue(generator, name, (items ?? {}) as Schema),
    ),
  boolean: ({ chance }) => chance.is(0.5),
  integer: ({ chance }, _name, schema) => makeNumber(chance, schema),
  number: ({ chance }, _name, schema) => makeNumber(chance, schema),
  null: () => null,
  string: ({ chance }, name, { format }) => {
    if (format === 'date-time') return chance.pick(['2031-01-01T00:00:00Z', '2040-06-07T08:09:10Z'])
    return chance.pick(WORDS[name] ?? ANY_WORDS)
  },
}

/** A value that fits a schema, as far as the schema tells. */
export function makeValue(generator: Generator, name: string, schema: Schema): unknown {
  const { $ref, enum: words, const: only, type } = schema
  const anyOf = schema.anyOf ?? schema.oneOf
  if ($ref !== undefined) return makeValue(generator, name, generator.schemas[nameOf($ref)] ?? {})
  if (only !== undefined) return only
  if (Array.isArray(words)) return generator.chance.pick(words)
  if (Array.isArray(anyOf)) return makeValue(generator, name, generator.chance.pick(anyOf))
  const one = Array.isArray(type) ? generator.chance.pick(type) : String(type)
  return (byType[one] ?? byType.string)?.(generator, name, schema)
}

/** Puts something nasty somewhere into a value. */
function spoil(chance: Chance, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || chance.is(0.2)) return chance.pick(NASTY)
  const entries = Object.entries(value)
  if (entries.length === 0 || chance.is(0.2)) return { ...value, [`extra${chance.next()}`]: 1 }
  const [name, part] = chance.pick(entries)
  if (chance.is(0.2)) return Object.fromEntries(entries.filter(([other]) => other !== name))
  if (Array.isArray(value)) return [...value, spoil(chance, part)]
  return { ...value, [name]: spoil(chance, part) }
}

const asText = (value: unknown): string =>
  typeof value === 'object' ? JSON.stringify(value) : String(value)

function makePath(generator: Generator, operation: DescribedOperation, isSpoiled: boolean): string {
  const { chance } = generator
  return operation.path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = chance.pick(WORDS[name] ?? ANY_WORDS)
    // An empty or dotted segment is another path.
    const spoilt = asText(chance.pick(NASTY)).replace(/^\.*$/, 'x')
    if (isSpoiled && chance.is(0.1)) return '%E0%A4%A'
    if (isSpoiled && chance.is(0.7)) return encodeURIComponent(spoilt)
    // A repository keeps its slashes, or not.
    return chance.is(0.5) ? encodeURIComponent(value) : value.replaceAll('@', '%40')
  })
}

/** Values of one parameter: none, one, or more than are taken. */
function makeParameter(
  { chance, schemas }: Generator,
  { name, required, schema }: Parameter,
  isSpoiled: boolean,
): readonly string[] {
  // Nobody can guess a cursor.
  const isLeftOut = name === 'cursor' ? !isSpoiled : !required && chance.is(0.6)
  if (isLeftOut) return []
  const isNasty = isSpoiled && chance.is(0.5)
  const value = isNasty ? chance.pick(NASTY) : makeValue({ chance, schemas }, name, schema)
  return isSpoiled && chance.is(0.2) ? [asText(value), 'again'] : [asText(value)]
}

function makeQuery(
  generator: Generator,
  operation: DescribedOperation,
  isSpoiled: boolean,
): string {
  const pairs = operation.parameters
    .filter((parameter) => parameter.in === 'query')
    .flatMap((parameter) =>
      makeParameter(generator, parameter, isSpoiled).map((value) => [parameter.name, value]),
    )
  const unknown = isSpoiled && generator.chance.is(0.2) ? [['unknown', 'x']] : []
  const text = new URLSearchParams([...pairs, ...unknown] as [string, string][]).toString()
  return text === '' ? '' : `?${text}`
}

const SPOILT_TYPES = ['text/plain', 'application/xml', '', 'application/json; charset=utf-7']
const TAGS = ['*', '"abc"', 'W/"abc"', 'abc', '"a", "b"', '', ',']

function makeHeaders(
  { chance }: Generator,
  operation: DescribedOperation,
  isSpoiled: boolean,
): Record<string, string> {
  const names = operation.parameters.filter((p) => p.in === 'header').map(({ name }) => name)
  const headers: Record<string, string> = {}
  for (const name of names.filter(() => chance.is(0.2))) {
    headers[name] = /match/i.test(name)
      ? chance.pick(TAGS)
      : `key-${Math.floor(chance.next() * 50)}`
  }
  if (isSpoiled && chance.is(0.1)) headers['if-match'] = chance.pick(TAGS)
  if (isSpoiled && chance.is(0.1)) headers['content-encoding'] = 'gzip'
  return headers
}

interface MadeBody {
  readonly type: string | undefined
  readonly body: string | undefined
}

const asForm = (value: unknown): string => {
  const fields = Object.entries(Object(value)).map(([name, part]) => [name, asText(part)])
  return new URLSearchParams(fields as [string, string][]).toString()
}

/** Cut off, or under another name. */
function spoilSending(chance: Chance, { type, body = '' }: MadeBody): MadeBody {
  if (chance.is(0.05)) return { type, body: body.slice(0, body.length / 2) }
  if (chance.is(0.05)) return { type: chance.pick(SPOILT_TYPES), body }
  return { type, body }
}

function makeBody(
  generator: Generator,
  { method, requestBody }: DescribedOperation,
  isSpoiled: boolean,
): MadeBody {
  const { chance } = generator
  const [entry] = Object.entries(requestBody?.content ?? {})
  if (entry === undefined) {
    return { type: method === 'get' ? undefined : 'application/json', body: undefined }
  }
  const [type, { schema }] = entry
  const made = makeValue(generator, '', schema)
  const value = isSpoiled ? spoil(chance, made) : made
  const body = type === 'application/json' ? JSON.stringify(value) : asForm(value)
  return isSpoiled ? spoilSending(chance, { type, body }) : { type, body }
}

/** Makes a request of an operation: one that fits, or one that nearly does. */
export function generateRequest(
  generator: Generator,
  operation: DescribedOperation,
): GeneratedRequest {
  const isSpoiled = generator.chance.is(0.6)
  const { type, body } = makeBody(generator, operation, isSpoiled)
  const path = makePath(generator, operation, isSpoiled)
  return {
    method: operation.method.toUpperCase(),
    path: `${path}${makeQuery(generator, operation, isSpoiled)}`,
    headers: {
      ...makeHeaders(generator, operation, isSpoiled),
      ...(type !== undefined && { 'content-type': type }),
    },
    body,
  }
}
