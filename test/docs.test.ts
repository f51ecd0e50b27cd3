import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import test from 'ava'
import { z } from 'zod'
import { FIELDS, OPERATIONS } from '../src/client/generated.ts'
import { CLIENT_VARIABLES, VARIABLES } from '../src/config/variables.ts'
import type { RobotDeps } from '../src/credentials/robot-place.ts'
import { createRobotRoutes } from '../src/credentials/robot-routes.ts'
import { openDatabase } from '../src/database/open-database.ts'
import { ERRORS } from '../src/errors.ts'
import { HISTOGRAMS } from '../src/metrics/histograms.ts'
import { METRICS } from '../src/metrics/names.ts'
import { createTestDatabase } from './support/database.ts'

const read = (path: string): string => readFileSync(resolve(path), 'utf8')

const filesBelow = (dir: string, suffix: string): readonly string[] =>
  readdirSync(resolve(dir), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(suffix))
    .map((file) => join(dir, file))

const DOCUMENTS = [
  'README.md',
  'README.zh-CN.md',
  'CHANGELOG.md',
  'db/README.md',
  ...filesBelow('docs', '.md'),
]

/** Cells of every table row whose first cell is one word in backquotes. */
function readRows(text: string): ReadonlyMap<string, readonly string[]> {
  const rows = text
    .split('\n')
    .filter((line) => /^\| `[^` ]+` \|/.test(line))
    .map((line) => line.slice(2, -2).split(' | '))
  return new Map(rows.map(([first = '', ...rest]) => [first.replaceAll('`', ''), rest]))
}

/** Commands of the shell blocks; what stands between them is free to differ. */
const readCommands = (path: string): readonly string[] =>
  [...read(path).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
    block.split('\n').filter((line) => line !== ''),
  )

/** Whose default depends on the machine. */
const DEFAULTS_IN_WORDS: Readonly<Record<string, string>> = {
  WARDEN_HASH_CONCURRENCY: 'number of cores',
}

function describeDefault(name: string, schema: z.ZodType): string {
  const inWords = DEFAULTS_IN_WORDS[name]
  if (inWords !== undefined) return inWords
  if (schema instanceof z.ZodPrefault) return `\`${String(schema.def.defaultValue)}\``
  return schema.safeParse(undefined).success ? 'none' : 'needed'
}

test('docs/configuration.md has every variable with its default, and no other', (t) => {
  const variables = Object.entries({ ...VARIABLES, ...CLIENT_VARIABLES })
  const rows = [...readRows(read('docs/configuration.md'))].filter(([n]) => n.startsWith('WARDEN_'))
  const documented = Object.fromEntries(rows.map(([name, cells]) => [name, cells[2]]))
  const expected = Object.fromEntries(
    variables.map(([n, schema]) => [n, describeDefault(n, schema)]),
  )
  t.deepEqual(documented, expected)
  t.is(expected.WARDEN_LISTEN, '`127.0.0.1:5080`')
})

test('docs/metrics.md has every metric with its type and labels, and no other', (t) => {
  const rows = [...readRows(read('docs/metrics.md'))].filter(([n]) => n.startsWith('warden_'))
  const documented = Object.fromEntries(
    rows.map(([name, [type, labels, meaning]]) => [
      name,
      { type, labels, isTold: Boolean(meaning) },
    ]),
  )
  const declared = [
    ...Object.entries(METRICS).map(([name, { kind, labels }]) => [name, kind, labels] as const),
    ...Object.entries(HISTOGRAMS).map(([name, { labels }]) => [name, 'histogram', labels] as const),
  ]
  const inWords = (labels: readonly string[]): string =>
    labels.map((label) => `\`${label}\``).join(' ') || 'none'
  const expected = Object.fromEntries(
    declared.map(([name, type, labels]) => [name, { type, labels: inWords(labels), isTold: true }]),
  )
  t.deepEqual(documented, expected)
  t.is(expected.warden_tokens_issued_total?.labels, '`answer`')
})

test('docs/errors.md has every code with its status and OCI code, and no other', (t) => {
  const rows = [...readRows(read('docs/errors.md'))]
  const documented = Object.fromEntries(
    rows.map(([code, [status, oci, meaning, advice]]) => [
      code,
      { status: Number(status), oci: oci?.replaceAll('`', ''), isTold: Boolean(meaning && advice) },
    ]),
  )
  const expected = Object.fromEntries(
    Object.entries(ERRORS).map(([code, { status, oci }]) => [code, { status, oci, isTold: true }]),
  )
  t.deepEqual(documented, expected)
  t.true(rows.length > 10)
})

/** Tables of the data dictionary: names of columns, those that may be missing with NULL behind. */
function readDictionary(): Readonly<Record<string, readonly string[]>> {
  const sections = read('db/README.md').split(/^## /m).slice(1)
  return Object.fromEntries(
    sections.map((section) => [
      /^`(\w+)`/.exec(section)?.[1] ?? section.split('\n', 1)[0],
      [...readRows(section)]
        .map(([column, [type]]) => (type?.endsWith(' NULL') ? `${column} NULL` : column))
        .sort(),
    ]),
  )
}

async function readSchema(): Promise<Readonly<Record<string, readonly string[]>>> {
  const { config, drop } = await createTestDatabase()
  const database = openDatabase(config, { warn: () => undefined, error: () => undefined })
  try {
    const rows: readonly { readonly t: string; readonly c: string; readonly n: string }[] =
      await database('information_schema.columns')
        .where({ table_schema: config.name })
        .select({ t: 'table_name', c: 'column_name', n: 'is_nullable' })
    const tables: Record<string, string[]> = {}
    for (const { t: table, c: column, n: nullable } of rows) {
      const columns = tables[table] ?? []
      columns.push(nullable === 'YES' ? `${column} NULL` : column)
      tables[table] = columns
    }
    for (const columns of Object.values(tables)) columns.sort()
    return tables
  } finally {
    await database.destroy()
    await drop()
  }
}

test('db/README.md has every table and column of a migrated database, and no other', async (t) => {
  const schema = await readSchema()
  t.deepEqual(readDictionary(), schema)
  t.true(schema.users?.includes('username'))
})

test('docs/api.md has every route, and no other', (t) => {
  const declared = [...filesBelow('src', 'routes.ts'), 'src/token/form-route.ts'].flatMap((file) =>
    [...read(file).matchAll(/method: '(\w+)',\n +path: '([^']+)'/g)].map(
      ([, method = '', path = '']) =>
        `${method.toUpperCase()} ${path.replace(/[:*](\w+)/g, '{$1}')}`,
    ),
  )
  // Robots of projects and of the system share their declarations.
  const ofRobots = createRobotRoutes({} as RobotDeps).map(
    ({ method, path }) => `${method.toUpperCase()} ${path.replace(/:(\w+)/g, '{$1}')}`,
  )
  declared.push(...ofRobots)
  const documented = [...read('docs/api.md').matchAll(/^### `([A-Z]+ \/[^`]+)`$/gm)].map(
    ([, route = '']) => route,
  )
  const apart = new Set(['GET /healthz', 'GET /readyz', 'GET /metrics'])
  t.deepEqual(documented.toSorted(), declared.filter((route) => !apart.has(route)).sort())
  t.true(declared.length > 10)
})

/** The answer of each `GET` as the document of the API has it: name of the route, fields. */
const ANSWERS = Object.values(OPERATIONS).flatMap((operation) => {
  const [schema] =
    'answer' in operation ? operation.answer : 'items' in operation ? operation.items : []
  if (operation.method !== 'GET' || schema === undefined) return []
  const route = `GET ${operation.path.replace('/api/v1', '')}`
  return [{ route, fields: FIELDS[schema].toSorted() }]
})

test('an answer that docs/api.md shows has every field of its route, and no other', (t) => {
  const sections = read('docs/api.md').split(/^### /m)
  const shown = ANSWERS.flatMap(({ route, fields }) => {
    const section = sections.find((text) => text.startsWith(`\`${route}\``)) ?? ''
    return [...section.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, text = '']) => {
      const { items, ...answer } = z
        .looseObject({ items: z.array(z.looseObject({})).optional() })
        .parse(JSON.parse(text))
      return { route, fields, shown: Object.keys(items?.[0] ?? answer).toSorted() }
    })
  })
  t.true(shown.length > 10)
  t.deepEqual(
    shown.filter((row) => row.shown.join() !== row.fields.join()),
    [],
  )
})

test('the first code block of README.md is its two commands', (t) => {
  t.deepEqual(readCommands('README.md').slice(0, 2), ['npm run quickstart', 'npm test'])
  t.regex(read('README.md'), /^```sh\nnpm run quickstart\nnpm test\n```$/m)
})

/** Documents that are there in Chinese, too. */
const TRANSLATED = ['README.md', 'docs/install.md', 'docs/install-hosts.md']
const inChinese = (path: string): string => path.replace(/\.md$/, '.zh-CN.md')

for (const path of TRANSLATED)
  test(`${path} and its Chinese form have the same commands in the same order`, (t) => {
    const commands = readCommands(path)
    t.true(commands.length > 10)
    t.deepEqual(readCommands(inChinese(path)), commands)
  })

/** Where a link leads, alike in both languages: headings of translated documents differ. */
function leadOf(path: string, link: string): string {
  const [file = '', heading] = link.replace('.zh-CN.md', '.md').split('#', 2)
  const isTranslated = file === '' || TRANSLATED.includes(join(dirname(path), file))
  return heading === undefined || isTranslated ? file : `${file}#${heading}`
}

const shapeOf = (path: string) => ({
  headings: [...read(path).matchAll(/^#+(?= )/gm)].map(([marks]) => marks),
  firstCells: [...read(path).matchAll(/^\| (`[^|]*(?:\\\|[^|]*)*|\[[^|]*) \|/gm)].map(
    ([, cell]) => cell,
  ),
  blocks: [...read(path).matchAll(/^```(\w+)\n[\s\S]*?^```$/gm)].map(([block, language]) =>
    language === 'text' ? language : block,
  ),
  links: [...read(path).matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => leadOf(path, link)),
})

for (const path of TRANSLATED)
  test(`${path} and its Chinese form have the same headings, tables, blocks and links`, (t) => {
    const shape = shapeOf(path)
    t.true(shape.headings.length > 5 && shape.blocks.length > 5 && shape.links.length > 5)
    t.deepEqual(shapeOf(inChinese(path)), shape)
  })

test('the shapes that are compared hold the tables of README.md and of the overlays', (t) => {
  t.true(shapeOf('README.md').firstCells.length > 20)
  t.true(shapeOf('docs/install.md').firstCells.includes('`replicas.yml`'))
})

const linksOf = (path: string): readonly string[] =>
  [...read(path).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link.split('#', 1)[0] ?? '')
    .filter((link) => link !== '' && !/^[a-z]+:/.test(link))

test('a Chinese document leads to Chinese ones where they are, and once to its English form', (t) => {
  const english = TRANSLATED.map((path) => ({
    path,
    links: linksOf(inChinese(path)).filter((link) =>
      TRANSLATED.includes(join(dirname(path), link)),
    ),
  }))
  t.deepEqual(
    english,
    TRANSLATED.map((path) => ({ path, links: [basename(path)] })),
  )
})

test('relative links of every document point to what is there', (t) => {
  const links = DOCUMENTS.flatMap((path) => linksOf(path).map((link) => ({ path, link })))
  t.true(links.length > 30)
  t.deepEqual(
    links.filter(({ path, link }) => !existsSync(resolve(dirname(path), link))),
    [],
  )
})

const withoutBlocks = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, '')

/** What a heading is called in an address, as GitHub makes it. */
const anchorsOf = (path: string): readonly string[] =>
  [...withoutBlocks(read(path)).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )

test('a link to a heading leads to one that is there', (t) => {
  const links = DOCUMENTS.flatMap((path) =>
    [...withoutBlocks(read(path)).matchAll(/\]\(([^)\s#:]*\.md|)#([^)\s]+)\)/g)].map(
      ([, file = '', anchor = '']) => ({
        path,
        to: file === '' ? path : join(dirname(path), file),
        anchor,
      }),
    ),
  )
  t.true(links.length > 50)
  t.deepEqual(
    links.filter(({ to, anchor }) => !anchorsOf(to).includes(anchor)),
    [],
  )
})

test('every rule in docs/security.md is held by tests that have its number in their titles', (t) => {
  const rows = [...read('docs/security.md').matchAll(/^\| (R\d+) \|.*$/gm)]
  const claims = rows.flatMap(([row, rule = '']) =>
    [...row.matchAll(/\]\(\.\.\/(test\/[^)]+)\)/g)].map(([, file = '']) => ({ rule, file })),
  )
  t.true(rows.length > 5 && claims.length >= rows.length)
  t.deepEqual(
    claims.filter(({ rule, file }) => !new RegExp(`['"\`]${rule}: `).test(read(file))),
    [],
  )
})

test('no document puts anything off to later by a mark', (t) => {
  const mark = ['TO', 'DO'].join('')
  t.true(DOCUMENTS.every((path) => statSync(resolve(path)).size > 100))
  t.deepEqual(
    DOCUMENTS.filter((path) => read(path).includes(mark)),
    [],
  )
})
