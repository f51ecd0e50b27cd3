import { createHash } from 'node:crypto'
import type { Database } from '../../src/database/open-database.ts'
import { textKey } from '../../src/http/page.ts'
import { ADMINISTRATOR, CROWD, KEEPER, READER } from './index-world.ts'

/** One list, as it is asked for, and where its pages may begin. */
export interface MeasuredList {
  readonly what: string
  /** From the API's root on, with filters and without a cursor. */
  readonly path: string
  readonly as: { readonly username: string; readonly password: string }
  /** Keys of so many rows, as this list's cursors hold them. */
  readonly keys: (database: Database, count: number) => Promise<readonly string[]>
}

type Named = { readonly name: string; readonly created_at: Date }

const shuffled = <T>(rows: readonly T[]): readonly T[] =>
  rows
    .map((row) => ({ row, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ row }) => row)

/** Random rows; the same one again where there are few. */
async function someRows<T>(rows: Promise<readonly T[]>, count: number): Promise<readonly T[]> {
  const found = shuffled(await rows)
  return Array.from({ length: count }, (_, n) => found[n % found.length] as T)
}

/** As the service writes the key of a sorted list: which question it is of, and the last row. */
function sortedKey(path: string, { name, created_at }: Named, byName: string): string {
  const query = new URLSearchParams(path.split('?')[1] ?? '')
  const question = { sort: byName, ...Object.fromEntries(query) }
  const entries = Object.entries(question).sort(([a], [b]) => (a < b ? -1 : 1))
  const hash = createHash('sha256').update(JSON.stringify(entries)).digest('base64url')
  const isByTime = question.sort.endsWith('createdAt')
  return JSON.stringify([hash.slice(0, 11), name, isByTime ? created_at.getTime() : null])
}

const MOST_SAMPLED = 20_000

/** @param starts columns of which one begins with the text that is looked for */
const sortedList =
  (table: 'users' | 'projects', starts: readonly [string, ...string[]]) =>
  (what: string, path: string, as: MeasuredList['as']): MeasuredList => ({
    what,
    path,
    as,
    keys: async (database, count) => {
      const [name] = starts
      const query = new URLSearchParams(path.split('?')[1])
      const start = query.get('search') ?? query.get('name') ?? ''
      const rows: Promise<readonly Named[]> = database(table)
        .where((either) => {
          for (const column of starts) either.orWhere(column, 'like', `${start}%`)
        })
        .whereRaw(start.length > 1 ? 'TRUE' : 'id % 7 = 0')
        .limit(MOST_SAMPLED)
        .select({ name, created_at: 'created_at' })
      return (await someRows(rows, count)).map((row) => sortedKey(path, row, name))
    },
  })

const users = sortedList('users', ['username', 'email'])
const projects = sortedList('projects', ['name'])

const auditList = (what: string, filter: string, as: MeasuredList['as']): MeasuredList => ({
  what: `audit record, ${what}`,
  path: `/audit?${filter}`,
  as,
  keys: async (database, count) => {
    const [[ends]] = await database.raw('SELECT MIN(id) AS first, MAX(id) AS last FROM audit')
    const first = Number(ends.first)
    const ids = Array.from(
      { length: count },
      () => first + Math.floor(Math.random() * (ends.last - first)),
    )
    const rows: { id: number; time: Date }[] = await database('audit')
      .whereIn('id', ids)
      .select('id', 'time')
    return someRows(Promise.resolve(rows.map(({ id, time }) => `${time.getTime()}.${id}`)), count)
  },
})

async function listMemberNames(database: Database, count: number): Promise<readonly string[]> {
  const rows: Promise<readonly { name: string }[]> = database('members')
    .join('users', 'users.id', 'members.member_id')
    .join('projects', 'projects.id', 'members.project_id')
    .where({ 'projects.name': CROWD, member_kind: 'user' })
    .select({ name: 'users.username' })
  return (await someRows(rows, count)).map(({ name }) => name)
}

const members: MeasuredList = {
  what: 'members of a project of many',
  path: `/projects/${CROWD}/members`,
  as: ADMINISTRATOR,
  keys: async (database, count) =>
    (await listMemberNames(database, count)).map((name) => textKey(`user/${name}`)),
}

const robots: MeasuredList = {
  what: 'robots of a project of many',
  path: `/projects/${CROWD}/robots`,
  as: KEEPER,
  keys: async (database, count) =>
    (await someRows(database('robots').select<{ name: string }[]>('name'), count)).map(
      ({ name }) => name,
    ),
}

const groupMembers: MeasuredList = {
  what: 'members of a group of many',
  path: '/groups/crowd/members',
  as: ADMINISTRATOR,
  keys: listMemberNames,
}

const SORTS = ['createdAt', '-createdAt'] as const

const userLists: readonly MeasuredList[] = [
  ...['username', '-username', ...SORTS].map((sort) =>
    users(`users by ${sort}`, `/users?sort=${sort}`, ADMINISTRATOR),
  ),
  // Many of them, some, and few.
  ...['a', 'amy-1', 'mail77', 'finn-123'].flatMap((search) =>
    ['username', ...SORTS].map((sort) =>
      users(`users ${search}… by ${sort}`, `/users?search=${search}&sort=${sort}`, ADMINISTRATOR),
    ),
  ),
]

const FILTERS = [
  '',
  'visibility=private',
  'visibility=public',
  'name=core-1',
  'name=core-1&visibility=public',
]

const projectLists = (who: string, as: MeasuredList['as']): readonly MeasuredList[] =>
  FILTERS.flatMap((filter) =>
    ['name', '-name', ...SORTS].map((sort) => {
      const text = filter === '' ? '' : `, ${filter}`
      const path = `/projects?${filter === '' ? '' : `${filter}&`}sort=${sort}`
      return projects(`projects as ${who} by ${sort}${text}`, path, as)
    }),
  )

const AUDIT_FILTERS = [
  'actor=user-7',
  'action=signin.password',
  'action=robot.create',
  'project=app-31',
  'target=user-7',
  'targetPrefix=app-31/',
  'outcome=denied',
  'since=2020-01-01T00:00:00Z&until=2090-01-01T00:00:00Z',
  'actor=user-7&action=tag.delete',
  'actor=user-7&outcome=failed',
  'action=tag.delete&outcome=failed',
  `project=${CROWD}&action=member.set`,
  `project=${CROWD}&action=tag.delete&outcome=done&targetPrefix=${CROWD}/image-5`,
] as const

const auditLists: readonly MeasuredList[] = [
  auditList('no filter', '', ADMINISTRATOR),
  ...AUDIT_FILTERS.map((filter) => auditList(filter, filter, ADMINISTRATOR)),
  ...['', '&action=tag.delete', '&outcome=failed', `&targetPrefix=${CROWD}/image-5`].map((filter) =>
    auditList(`project${filter} as its administrator`, `project=${CROWD}${filter}`, KEEPER),
  ),
]

/** Every list whose length grows with the installation. */
export const LISTS: readonly MeasuredList[] = [
  ...userLists,
  ...projectLists('administrator', ADMINISTRATOR),
  ...projectLists('member of 70', READER),
  members,
  groupMembers,
  robots,
  ...auditLists,
]
