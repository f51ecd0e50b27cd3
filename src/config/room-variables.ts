import type { z } from 'zod'
import { AUDIT_VARIABLES, type AuditConfig, toAuditConfig } from './audit-variables.ts'
import { COLLECT_VARIABLES, type CollectConfig, toCollectConfig } from './collect-variables.ts'
import { CORS_VARIABLES, type CorsConfig, toCorsConfig } from './cors-variables.ts'
import { DOOR_VARIABLES, type DoorMode, toDoorMode } from './door-variables.ts'
import { type LdapConfig, toLdapConfig } from './ldap-variables.ts'
import { MAIL_VARIABLES, type MailConfig, toMailConfig } from './mail-variables.ts'
import {
  NOTIFICATION_VARIABLES,
  type NotificationsConfig,
  toNotificationsConfig,
} from './notification-variables.ts'
import { OIDC_VARIABLES, type OidcConfig, toOidcConfig } from './oidc-variables.ts'
import {
  RECONCILE_VARIABLES,
  type ReconcileConfig,
  toReconcileConfig,
} from './reconcile-variables.ts'
import { SOURCE_VARIABLES } from './source-variables.ts'

/** Variables that one room each has for itself. */
export const ROOM_VARIABLES = {
  ...CORS_VARIABLES,
  ...OIDC_VARIABLES,
  ...AUDIT_VARIABLES,
  ...SOURCE_VARIABLES,
  ...MAIL_VARIABLES,
  ...NOTIFICATION_VARIABLES,
  ...RECONCILE_VARIABLES,
  ...DOOR_VARIABLES,
  ...COLLECT_VARIABLES,
} as const

export interface RoomsConfig {
  readonly audit: AuditConfig
  readonly cors: CorsConfig
  readonly oidc: OidcConfig
  /** Undefined: there is no directory. */
  readonly ldap: LdapConfig | undefined
  /** How long a group or role of another source holds without being said again (R9). */
  readonly claimsSeconds: number
  readonly mail: MailConfig | undefined
  readonly notifications: NotificationsConfig
  readonly reconcile: ReconcileConfig
  /** Whether manifest writes pass our door. */
  readonly door: DoorMode
  readonly collect: CollectConfig
}

export const toRoomsConfig = (v: z.output<z.ZodObject<typeof ROOM_VARIABLES>>): RoomsConfig => ({
  audit: toAuditConfig(v),
  cors: toCorsConfig(v),
  oidc: toOidcConfig(v),
  ldap: toLdapConfig(v),
  claimsSeconds: v.WARDEN_CLAIMS_SECONDS,
  mail: toMailConfig(v),
  notifications: toNotificationsConfig(v),
  reconcile: toReconcileConfig(v),
  door: toDoorMode(v),
  collect: toCollectConfig(v),
})
