import test from 'ava'
import { inBatches } from '../../../src/database/bulk.ts'
import type { Database } from '../../../src/database/open-database.ts'
import { checkGaps } from '../../../src/maintenance/collect/check-gaps.ts'
import type { RegistryClient } from '../../../src/registry/client.ts'
import { digestOf, openIndexDatabase } from '../../support/index-database.ts'

let database: Database
let stop: () => Promise<void>

test.beforeEach(async () => {
  ;({ database, stop } = await openIndexDatabase())
})
test.afterEach.always(() => stop())

const HOUR_MS = 3_600_000
const since = new Date(Date.now() - HOUR_MS)
const { signal } = new AbortController()

/** Knows no manifest, and notes for which it was asked. */
function createRecorder() {
  const asked: string[] = []
  const findManifest = async ({
    repository,
    reference,
  }: {
    repository: string
    reference: string
  }) => {
    asked.push(`${repository} ${reference}`)
    return undefined
  }
  return { asked, registry: { findManifest } as unknown as RegistryClient }
}

/** Pushes that were told of and applied, the last of them now. */
async function tell(count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, index) => ({
    event_id: `event-${index}`,
    received_at: new Date(),
    happened_at: new Date(),
    action: 'push',
    content: 'manifest',
    repository: 'acme/told',
    digest: digestOf(index),
    method: 'PUT',
    actor: 'dev',
    address: '10.0.0.1',
    applied_at: new Date(Date.now() - (count - index) * 100),
  }))
  for (const batch of inBatches(rows)) await database('events').insert(batch)
}

async function mark(count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, index) => ({
    repository: 'acme/marked',
    reference: `t${index}`,
    is_deletion: 0,
    due_at: new Date(),
  }))
  for (const batch of inBatches(rows)) await database('dirty_references').insert(batch)
}

test.serial('R26: the newest pushes are checked first, and all where there are few', async (t) => {
  await tell(3)
  await mark(1)
  const { asked, registry } = createRecorder()
  const { gaps, manifests, notes } = await checkGaps({ database, registry }, { since, signal })
  t.deepEqual(asked, [...[2, 1, 0].map((n) => `acme/told ${digestOf(n)}`), 'acme/marked t0'])
  t.is(manifests, 4)
  // What was told and is not there was swept.
  t.is(gaps.length, 3)
  t.deepEqual(notes, [])
})

test.serial(
  'R26: where more came than can be checked, the newest are, and that is told',
  async (t) => {
    t.timeout(120_000)
    await tell(5002)
    await mark(2)
    const { asked, registry } = createRecorder()
    const { notes } = await checkGaps({ database, registry }, { since, signal })
    t.is(asked.length, 5000)
    t.is(asked[0], `acme/told ${digestOf(5001)}`)
    t.false(asked.includes(`acme/told ${digestOf(0)}`))
    t.deepEqual(notes, [
      'very much came shortly before; only the newest 5000 manifests were checked',
    ])
  },
)
