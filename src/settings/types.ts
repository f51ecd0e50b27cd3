import { z } from 'zod'

/**
 * How each setting is checked, in requests and in what the database holds. A number may be `null`,
 * as in JSON: no limit.
 */
export const SETTING_SCHEMAS = {
  selfRegistration: z.boolean(),
  projectCreation: z.enum(['administrators', 'everyone']),
  forbidPublic: z.boolean(),
  personalProjects: z.boolean(),
  firstSightUsers: z.boolean(),
  defaultQuotaBytes: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable(),
  auditRetentionDays: z.number().int().min(1).max(36_500).nullable(),
} as const

const settingsSchema = z.object(SETTING_SCHEMAS)

/** What an administrator sets at run time. */
export type Settings = Readonly<z.output<typeof settingsSchema>>

export type SettingName = keyof Settings

/** Those of them that somebody has set. */
export type SomeSettings = { readonly [N in SettingName]?: Settings[N] | undefined }

export const SETTING_NAMES = Object.keys(SETTING_SCHEMAS) as readonly SettingName[]

/**
 * In force where neither the environment nor an administrator says otherwise: the safe choice. Users at
 * first sight come from sources that the environment has to name.
 */
export const DEFAULT_SETTINGS: Settings = {
  selfRegistration: false,
  projectCreation: 'administrators',
  forbidPublic: false,
  personalProjects: false,
  firstSightUsers: true,
  defaultQuotaBytes: null,
  auditRetentionDays: null,
}
