import { Cron } from 'croner'
import { z } from 'zod'

const LONGEST = 64

/** Whether a text is a cron pattern that comes again and again; a date comes once, if at all. */
export function isCron(text: string): boolean {
  try {
    const cron = new Cron(text, { timezone: 'UTC', paused: true })
    const next = cron.nextRun()
    return next !== null && cron.nextRun(next) !== null
  } catch {
    return false
  }
}

/** Variables of the repair of the index. */
export const RECONCILE_VARIABLES = {
  WARDEN_RECONCILE_CRON: z
    .string()
    .max(LONGEST, `must have at most ${LONGEST} characters`)
    .refine(
      (text) => text === 'off' || isCron(text),
      "must be a cron pattern such as '0 */6 * * *', or off",
    )
    .prefault('0 */6 * * *')
    .describe(
      'When the index is compared with the registry, as a cron pattern in UTC; off: only when somebody asks',
    ),
} as const

export interface ReconcileConfig {
  /** Undefined: only when somebody asks. */
  readonly cron: string | undefined
}

type ReconcileValues = z.output<z.ZodObject<typeof RECONCILE_VARIABLES>>

export const toReconcileConfig = ({ WARDEN_RECONCILE_CRON: cron }: ReconcileValues) =>
  ({ cron: cron === 'off' ? undefined : cron }) satisfies ReconcileConfig
