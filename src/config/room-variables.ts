import type { z } from 'zod'
import { AUDIT_VARIABLES, type AuditConfig, toAuditConfig } from './audit-variables.ts'
import { MAIL_VARIABLES, type MailConfig, toMailConfig } from './mail-variables.ts'
import {
  NOTIFICATION_VARIABLES,
  type NotificationsConfig,
  toNotificationsConfig,
} from './notification-variables.ts'
import {
  RECONCILE_VARIABLES,
  type ReconcileConfig,
  toReconcileConfig,
} from './reconcile-variables.ts'

/** Variables that one room each has for itself. */
export const ROOM_VARIABLES = {
  ...AUDIT_VARIABLES,
  ...NOTIFICATION_VARIABLES,
  ...RECONCILE_VARIABLES,
  ...MAIL_VARIABLES,
} as const

export interface RoomsConfig {
  readonly audit: AuditConfig
  readonly notifications: NotificationsConfig
  readonly reconcile: ReconcileConfig
  readonly mail: MailConfig | undefined
}

export const toRoomsConfig = (v: z.output<z.ZodObject<typeof ROOM_VARIABLES>>): RoomsConfig => ({
  audit: toAuditConfig(v),
  notifications: toNotificationsConfig(v),
  reconcile: toReconcileConfig(v),
  mail: toMailConfig(v),
})
