import test from 'ava'
import {
  inRightsChange,
  insertChangeVersion,
  readVersionNews,
} from '../../src/database/change-version.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { createVersionWatch } from '../../src/database/version-watch.ts'
import { createCachedSettings } from '../../src/settings/cached-settings.ts'
import { putSetting } from '../../src/settings/queries.ts'
import { createTestDatabase } from '../support/database.ts'

test('R5: a setting that one replica changes is felt by another at its next look', async (t) => {
  const { config, drop } = await createTestDatabase()
  const database = openDatabase(config, { warn: () => undefined, error: () => undefined })
  t.teardown(() => database.destroy().then(drop))
  await insertChangeVersion(database)
  const watch = createVersionWatch({
    readNews: (since) => readVersionNews(database, since),
    graceSeconds: 0,
    monotonicMs: () => performance.now(),
    now: () => new Date(),
  })
  await watch.lookAgain()
  let statements = 0
  const other = createCachedSettings({ database, watch, pinned: { forbidPublic: true } })
  t.false((await other.read()).selfRegistration)
  database.on('query', () => statements++)
  t.true((await other.read()).forbidPublic)
  t.is(statements, 0)
  await inRightsChange(database, async ({ transaction, note }) => {
    await note({ kind: 'settings', id: 0 })
    await putSetting(transaction, 'selfRegistration', { value: true, now: new Date() })
    await putSetting(transaction, 'forbidPublic', { value: false, now: new Date() })
  })
  await watch.lookAgain()
  const { selfRegistration, forbidPublic } = await other.read()
  t.deepEqual({ selfRegistration, forbidPublic }, { selfRegistration: true, forbidPublic: true })
})
