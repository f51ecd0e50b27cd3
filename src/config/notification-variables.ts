import { z } from 'zod'

/** Variables of the intake of the registry's notifications. */
export const NOTIFICATION_VARIABLES = {
  WARDEN_NOTIFICATIONS_SECRET: z
    .string()
    .regex(/^[\x21-\x7e]{16,255}$/, 'must be 16 to 255 plain letters, digits and signs')
    .optional()
    .describe(
      'Secret that the registry sends with its notifications (Authorization: Bearer); without it none are taken in. The registry prints it in its own log, so use it for nothing else',
    ),
} as const

export interface NotificationsConfig {
  /** Undefined: none are taken in. */
  readonly secret: string | undefined
}

const schema = z.object(NOTIFICATION_VARIABLES)

export const toNotificationsConfig = (v: z.output<typeof schema>): NotificationsConfig => ({
  secret: v.WARDEN_NOTIFICATIONS_SECRET,
})
