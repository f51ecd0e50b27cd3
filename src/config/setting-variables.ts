import { z } from 'zod'

const onOrOff = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((text) => text === 'true')
  .optional()

const numberOrNone = (minimum: number, maximum: number) =>
  z
    .union([
      z.literal('none').transform(() => null),
      z
        .string()
        .regex(/^\d{1,16}$/, 'must be a whole number or none')
        .transform(Number)
        .pipe(z.number().min(minimum).max(maximum)),
    ])
    .optional()

/** Variables that pin what an administrator could else change at run time; none has a default. */
export const SETTING_VARIABLES = {
  WARDEN_SELF_REGISTRATION: onOrOff.describe('Whether anybody may make an account: true or false'),
  WARDEN_PROJECT_CREATION: z
    .enum(['administrators', 'everyone'])
    .optional()
    .describe('Who may make projects: administrators or everyone'),
  WARDEN_FORBID_PUBLIC: onOrOff.describe('Whether projects may not be made public: true or false'),
  WARDEN_PERSONAL_PROJECTS: onOrOff.describe(
    'Whether a new user gets a project of the same name: true or false',
  ),
  WARDEN_FIRST_SIGHT_USERS: onOrOff.describe(
    'Whether whom LDAP or an issuer proves gets an account at first sight: true or false',
  ),
  WARDEN_DEFAULT_QUOTA_BYTES: numberOrNone(0, Number.MAX_SAFE_INTEGER).describe(
    'Quota of projects that have none of their own, in bytes, or none',
  ),
  WARDEN_AUDIT_RETENTION_DAYS: numberOrNone(1, 36_500).describe(
    'How long audit rows are kept, in days, or none for ever',
  ),
} as const

/** The variable that pins each setting. */
export const VARIABLE_OF_SETTING = {
  selfRegistration: 'WARDEN_SELF_REGISTRATION',
  projectCreation: 'WARDEN_PROJECT_CREATION',
  forbidPublic: 'WARDEN_FORBID_PUBLIC',
  personalProjects: 'WARDEN_PERSONAL_PROJECTS',
  firstSightUsers: 'WARDEN_FIRST_SIGHT_USERS',
  defaultQuotaBytes: 'WARDEN_DEFAULT_QUOTA_BYTES',
  auditRetentionDays: 'WARDEN_AUDIT_RETENTION_DAYS',
} as const

const settingVariablesSchema = z.object(SETTING_VARIABLES)
type SettingValues = z.output<typeof settingVariablesSchema>

/** Settings that the environment pins; undefined where an administrator decides at run time. */
export interface PinnedSettings {
  readonly selfRegistration: SettingValues['WARDEN_SELF_REGISTRATION']
  readonly projectCreation: SettingValues['WARDEN_PROJECT_CREATION']
  readonly forbidPublic: SettingValues['WARDEN_FORBID_PUBLIC']
  readonly personalProjects: SettingValues['WARDEN_PERSONAL_PROJECTS']
  readonly firstSightUsers: SettingValues['WARDEN_FIRST_SIGHT_USERS']
  readonly defaultQuotaBytes: SettingValues['WARDEN_DEFAULT_QUOTA_BYTES']
  readonly auditRetentionDays: SettingValues['WARDEN_AUDIT_RETENTION_DAYS']
}

export const toPinnedSettings = (values: SettingValues): PinnedSettings => ({
  selfRegistration: values.WARDEN_SELF_REGISTRATION,
  projectCreation: values.WARDEN_PROJECT_CREATION,
  forbidPublic: values.WARDEN_FORBID_PUBLIC,
  personalProjects: values.WARDEN_PERSONAL_PROJECTS,
  firstSightUsers: values.WARDEN_FIRST_SIGHT_USERS,
  defaultQuotaBytes: values.WARDEN_DEFAULT_QUOTA_BYTES,
  auditRetentionDays: values.WARDEN_AUDIT_RETENTION_DAYS,
})
