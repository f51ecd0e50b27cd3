import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import test from 'ava'

const SRC = resolve('src')
/** Floors of the house, lowest first; a room may import rooms on lower floors only. */
const FLOORS: readonly (readonly string[])[] = [
  ['errors'],
  ['protocol', 'config', 'metrics'],
  ['database', 'http', 'signing', 'registry', 'mail'],
  ['audit', 'jobs', 'settings'],
  ['accounts'],
  ['projects'],
  ['credentials'],
  ['signin'],
  ['holds'],
  ['images'],
  ['policies'],
  ['token'],
  ['removal'],
  ['door', 'notifications'],
  ['maintenance'],
  ['client'],
  ['cli'],
  ['stack'],
  ['app'],
  ['serve'],
  ['main'],
]
const floorOf = (room: string): number => FLOORS.findIndex((rooms) => rooms.includes(room))

const MOST_LINES = 200
const GENERATED: ReadonlySet<string> = new Set(['client/generated.ts'])

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join(SRC, file), 'utf8') }))

const roomOf = (file: string): string => file.split('/', 1)[0]?.replace(/\.ts$/, '') ?? file

const edges = files.flatMap(({ file, text }) =>
  [...text.matchAll(/(?: from |\bimport\()'(\.[^']+)'/g)].map(([, target = '']) => ({
    file,
    from: roomOf(file),
    to: roomOf(relative(SRC, join(SRC, dirname(file), target))),
  })),
)

test('every import goes down to a lower floor', (t) => {
  const broken = edges.filter(({ from, to }) => from !== to && floorOf(to) >= floorOf(from))
  t.true(edges.length > 0)
  t.deepEqual(broken, [])
})

test('only routes, http and app import Koa; only queries and database import knex', (t) => {
  const importers = (pattern: RegExp) =>
    files.filter(({ text }) => pattern.test(text)).map(({ file }) => file)
  const koa = importers(/ from '@?koa/).filter(
    (file) => !/^app\.ts$|^http\/|\/routes\.ts$/.test(file),
  )
  const knex = importers(/ from 'knex'/).filter((file) => !/^database\/|\/queries\.ts$/.test(file))
  t.deepEqual({ koa, knex }, { koa: [], knex: [] })
})

test('knex, node-forge, argon2 and bcrypt each stay in their room', (t) => {
  const strays = (pattern: RegExp, room: string) =>
    files.filter(({ file, text }) => pattern.test(text) && roomOf(file) !== room)
  t.deepEqual(strays(/ from 'node-forge'/, 'signing'), [])
  t.deepEqual(strays(/ from '(?:argon2|bcrypt)'/, 'accounts'), [])
})

test('docs/architecture.md has the floors as they are', (t) => {
  const rows = readFileSync('docs/architecture.md', 'utf8')
    .split('\n')
    .filter((line) => /^\| \d+ \|/.test(line))
    .map((line) => [...(line.split('|')[2] ?? '').matchAll(/`(\w+)`/g)].map(([, room]) => room))
  t.deepEqual(rows, FLOORS)
})

test('every room has a floor', (t) => {
  const homeless = files.filter(({ file }) => floorOf(roomOf(file)) === -1)
  t.deepEqual(homeless, [])
})

test('only main reads the environment of the process', (t) => {
  const readers = files.filter(({ text }) => /process\.env\b/.test(text)).map(({ file }) => file)
  t.deepEqual(readers, ['main.ts'])
})

test('no file has more than 200 lines', (t) => {
  const long = files
    .map(({ file, text }) => ({ file, lines: text.split('\n').length - 1 }))
    .filter(({ file, lines }) => lines > MOST_LINES && !GENERATED.has(file))
  t.deepEqual(long, [])
})
