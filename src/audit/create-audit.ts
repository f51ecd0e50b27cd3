import type { Config } from '../config/read-config.ts'
import type { Installation } from '../database/installation.ts'
import type { Database } from '../database/open-database.ts'
import type { Log } from '../http/middleware.ts'
import type { Route } from '../http/route.ts'
import { keepAudit } from './keep-audit.ts'
import { createRefusalRecord } from './refusal-record.ts'
import { createAuditRoutes, type RequireAuditRead } from './routes.ts'
import { createSignInRecord, type SignInRecord } from './sign-in-record.ts'

export interface AuditDeps {
  readonly database: Database
  readonly installation: Installation
  readonly config: Pick<Config, 'audit' | 'certs'>
  readonly log: Log
  /** Says among others how long rows are kept, in days; null for ever. */
  readonly readSettings: () => Promise<{ readonly auditRetentionDays: number | null }>
  /** Writes to the process's stdout; returns when it is written. */
  readonly writeOut: (text: string) => Promise<void>
}

export interface Audit {
  readonly signIns: SignInRecord
  readonly createRoutes: (requireAuditRead: RequireAuditRead) => readonly Route[]
  /** The same routes; their refusals of rights are recorded. */
  readonly watchRefusals: (routes: readonly Route[]) => readonly Route[]
  /** @returns stops it */
  readonly start: () => () => Promise<void>
}

/** What the record is beside the rows that changes write themselves. */
export function createAudit(deps: AuditDeps): Audit {
  const { database, installation, config, log, writeOut, readSettings } = deps
  const monotonicMs = (): number => performance.now()
  const { installationId } = installation
  const signIns = createSignInRecord({ database, installationId, monotonicMs })
  const refusals = createRefusalRecord({ database, monotonicMs })
  const start = (): (() => Promise<void>) =>
    keepAudit({
      database,
      keyPath: config.certs.auditKeyPath,
      config: config.audit,
      log: {
        info: (fields, message) => log.info(fields, message),
        warn: (fields, message) => log.warn(fields, message),
      },
      writeOut,
      readRetentionDays: async () => (await readSettings()).auditRetentionDays,
      flush: async (input) => {
        await signIns.flush(input)
        await refusals.flush(input)
      },
      monotonicMs,
    })
  const createRoutes: Audit['createRoutes'] = (requireAuditRead) =>
    createAuditRoutes({ database, requireAuditRead })
  return { signIns, createRoutes, watchRefusals: refusals.watch, start }
}
