import { z } from 'zod'
import { VARIABLE_OF_SETTING } from '../config/setting-variables.ts'
import { defineRoute, type Route } from '../http/route.ts'
import type { CachedSettings } from './cached-settings.ts'
import { type ChangeSettingsDeps, changeSettings } from './change-settings.ts'
import { SETTING_NAMES, SETTING_SCHEMAS, type Settings, type SomeSettings } from './types.ts'

export type SettingsRoutesDeps = Omit<ChangeSettingsDeps, 'pinned'> & {
  readonly runtimeSettings: CachedSettings
}

const withPin = <T extends z.ZodType>(value: T) =>
  z.object({ value, pinnedBy: z.string().nullable() })

const settingsSchema = z
  .object({
    selfRegistration: withPin(SETTING_SCHEMAS.selfRegistration),
    projectCreation: withPin(SETTING_SCHEMAS.projectCreation),
    forbidPublic: withPin(SETTING_SCHEMAS.forbidPublic),
    personalProjects: withPin(SETTING_SCHEMAS.personalProjects),
    firstSightUsers: withPin(SETTING_SCHEMAS.firstSightUsers),
    defaultQuotaBytes: withPin(SETTING_SCHEMAS.defaultQuotaBytes),
    auditRetentionDays: withPin(SETTING_SCHEMAS.auditRetentionDays),
  })
  .meta({ id: 'Settings' })

const changeSchema = z.strictObject(SETTING_SCHEMAS).partial()

const presentSettings = (settings: Settings, pinned: SomeSettings) =>
  Object.fromEntries(
    SETTING_NAMES.map((name) => [
      name,
      {
        value: settings[name],
        pinnedBy: pinned[name] === undefined ? null : VARIABLE_OF_SETTING[name],
      },
    ]),
  )

const answers = { 200: { description: 'Every setting', schema: settingsSchema } }

const readSettingsRoute = ({ runtimeSettings, requireSystem }: SettingsRoutesDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/settings',
    summary: 'Reads what is set at run time, and what the environment pins',
    answers,
    handle: async ({ caller }) => {
      requireSystem(caller, 'settings:read')
      const settings = await runtimeSettings.read()
      return { status: 200, body: presentSettings(settings, runtimeSettings.pinned) }
    },
  })

const changeSettingsRoute = (deps: SettingsRoutesDeps): Route =>
  defineRoute({
    method: 'patch',
    path: '/settings',
    summary: 'Changes the settings that are given',
    conditional: true,
    body: changeSchema,
    answers,
    handle: async ({ caller, body, precondition }) => {
      deps.requireSystem(caller, 'settings:write')
      const { pinned } = deps.runtimeSettings
      const present = (all: Settings) => presentSettings(all, pinned)
      const input = { caller, change: body, check: precondition.on(present) }
      return { status: 200, body: present(await changeSettings({ ...deps, pinned }, input)) }
    },
  })

export const createSettingsRoutes = (deps: SettingsRoutesDeps): readonly Route[] => [
  readSettingsRoute(deps),
  changeSettingsRoute(deps),
]
