import test from 'ava'
import { inBatches } from '../../../src/database/bulk.ts'
import { listTree } from '../../../src/images/browse/list-tree.ts'
import type { Reach } from '../../../src/projects/find-reach.ts'
import { openIndexDatabase } from '../../support/index-database.ts'

let index: Awaited<ReturnType<typeof openIndexDatabase>>

test.before(async () => {
  index = await openIndexDatabase()
})
test.after.always(() => index?.stop())

const CREATED = new Date('2026-11-27T10:00:00.000Z')
const HIDDEN = 30_000

const subject = { kind: 'user', id: 1, username: 'amy', systemRole: undefined } as const
/** May pull one repository of the project, and nothing else. */
const reach: Reach = {
  kind: 'projects',
  names: ['acme'],
  rights: new Map([
    [
      'acme',
      {
        project: {
          id: 1,
          name: 'acme',
          visibility: 'private',
          createdAt: CREATED,
          updatedAt: CREATED,
        },
        memberships: [{ role: 'guest', repositories: ['open'], expiresAt: undefined }],
      },
    ],
  ]),
}

test('R33: a page of the tree looks at so many names, however few of them are the reader’s', async (t) => {
  const { database } = index
  const names = Array.from({ length: HIDDEN }, (_, n) => `acme/n${String(n).padStart(6, '0')}`)
  for (const batch of inBatches([...names, 'acme/open'])) {
    await database('repositories').insert(
      batch.map((name) => ({ name, project: 'acme', is_listed: 1, created_at: CREATED })),
    )
  }
  let rows = 0
  const onAnswer = (answer: unknown, { sql }: { readonly sql: string }): void => {
    if (/repositories_by_name/.test(sql) && Array.isArray(answer)) rows += answer.length
  }
  database.on('query-response', onAnswer)
  const input = { subject, reach, under: 'acme/', limit: 50 }
  const deps = { database, now: () => CREATED }
  const first = await listTree(deps, { ...input, after: undefined })
  t.deepEqual(first.items, [])
  t.true(rows < 20_000)
  const found: string[] = []
  let after = first.next
  while (after !== undefined) {
    const page = await listTree(deps, { ...input, after })
    found.push(...page.items.map(({ name }) => name))
    after = page.next
  }
  t.deepEqual(found, ['acme/open'])
})
