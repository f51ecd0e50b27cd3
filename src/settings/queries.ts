import type { Database } from '../database/open-database.ts'
import type { Versioned } from '../database/versioned-cache.ts'
import { SETTING_SCHEMAS, type SettingName, type SomeSettings } from './types.ts'

interface SettingRow {
  readonly name: string | null
  readonly value: string | null
}

const isSetting = (name: string | null): name is SettingName =>
  name !== null && name in SETTING_SCHEMAS

/** Names that only another version of this service knows are left out. */
const toSettings = (rows: readonly SettingRow[]): SomeSettings =>
  Object.fromEntries(
    rows.flatMap(({ name, value }) =>
      isSetting(name) ? [[name, SETTING_SCHEMAS[name].parse(JSON.parse(value ?? ''))]] : [],
    ),
  )

/** What administrators have set. */
export async function findSettings(database: Database): Promise<SomeSettings> {
  return toSettings(await database('settings').select<SettingRow[]>('name', 'value'))
}

/** The same with the change version, read in one statement. */
export async function findVersionedSettings(database: Database): Promise<Versioned<SomeSettings>> {
  const [rows] = (await database.raw(
    `SELECT v.epoch, v.counter, s.name, s.value
       FROM change_version v
       LEFT JOIN settings s ON TRUE
      WHERE v.id = 1`,
  )) as [readonly (SettingRow & { readonly epoch: string; readonly counter: number })[]]
  const [first] = rows
  if (first === undefined) throw new Error('the database has no change version')
  const version = { epoch: first.epoch, counter: Number(first.counter) }
  return { version, value: toSettings(rows) }
}

export async function putSetting(
  database: Database,
  name: SettingName,
  { value, now }: { readonly value: unknown; readonly now: Date },
): Promise<void> {
  await database('settings')
    .insert({ name, value: JSON.stringify(value), updated_at: now })
    .onConflict('name')
    .merge(['value', 'updated_at'])
}
