import { type CountedRows, createCountedRows } from '../../audit/counted-rows.ts'
import type { AuditAction } from '../../audit/record.ts'
import type { Config } from '../../config/read-config.ts'
import type { Installation } from '../../database/installation.ts'
import type { Database } from '../../database/open-database.ts'
import { repeat } from '../../database/repeat.ts'
import type { Log } from '../../http/middleware.ts'
import { createRateLimit } from '../../http/rate-limit.ts'
import type { Route } from '../../http/route.ts'
import type { JobKinds } from '../../jobs/types.ts'
import { createMailer } from '../../mail/create-mailer.ts'
import { addressPrefix } from '../address-prefix.ts'
import type { ConfirmResetDeps } from './confirm-reset.ts'
import { createResetMailKind, RESET_MAIL } from './mail-reset.ts'
import { createPasswordResetRoutes } from './routes.ts'

/** Of one network, within a minute. */
const REQUESTS = 10
const CONFIRMATIONS = 30
const FLUSH_EVERY_MS = 2000
const COUNTED_EVERY_MS = 60_000
const MOST_COUNTED = 500

export interface PasswordResetDeps
  extends Pick<ConfirmResetDeps, 'database' | 'hasher' | 'now' | 'endTokens'> {
  readonly config: Pick<Config, 'mail' | 'publicUrl'>
  readonly installation: Pick<Installation, 'installationId'>
  readonly log: Pick<Log, 'warn'>
  /** Lets a worker look at once. */
  readonly wake: () => void
}

export interface PasswordReset {
  readonly kinds: JobKinds
  readonly routes: readonly Route[]
  /** @returns stops it, with the last counts written down */
  readonly start: () => () => Promise<void>
}

const monotonicMs = (): number => performance.now()

const createLimit = (perMinute: number) =>
  createRateLimit({ perMinute, networkOf: addressPrefix, monotonicMs })

const createRequestRecord = (database: Database): CountedRows =>
  createCountedRows({
    database,
    most: MOST_COUNTED,
    everyMs: COUNTED_EVERY_MS,
    overflow: {
      actorName: 'warden$system',
      action: 'record.overflow' satisfies AuditAction,
      target: 'password resets beyond those that are told apart',
      outcome: 'failed',
    },
    monotonicMs,
  })

/** New passwords by mail, for people of whom nobody else keeps the password. */
export function createPasswordReset(deps: PasswordResetDeps): PasswordReset {
  const { config, database, installation, log } = deps
  const mailer = config.mail && createMailer(config.mail)
  const requests = createRequestRecord(database)
  const onFailure = (error: unknown): void =>
    log.warn({ error }, 'requests for new passwords cannot be recorded now')
  const start = (): (() => Promise<void>) => {
    const stop = repeat({ everyMs: FLUSH_EVERY_MS, work: requests.flush, onFailure })
    return async () => {
      await stop()
      await requests.flush({ isLast: true }).catch(onFailure)
    }
  }
  return {
    kinds: { [RESET_MAIL]: createResetMailKind({ ...deps, mailer, publicUrl: config.publicUrl }) },
    routes: createPasswordResetRoutes({
      ...deps,
      sendsMail: mailer !== undefined,
      installationId: installation.installationId,
      requests,
      requestLimit: createLimit(REQUESTS),
      confirmLimit: createLimit(CONFIRMATIONS),
    }),
    start,
  }
}
