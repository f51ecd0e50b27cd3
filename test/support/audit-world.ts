import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAuditKey } from '../../src/audit/audit-key.ts'
import { takeChain } from '../../src/audit/chain-queries.ts'
import { SEALED_AT_ONCE, sealAudit } from '../../src/audit/seal-audit.ts'
import { type Verification, verifyAudit } from '../../src/audit/verify-audit.ts'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { createTestDatabase } from './database.ts'

const quiet = { warn: () => undefined, error: () => undefined }
const AT_ONCE = 1000

/** Fills the audit table with rows of ten actors, four actions and five projects, a second apart. */
export async function fillAudit(
  database: Database,
  count: number,
  userAgent = 'a-test',
): Promise<void> {
  const begin = Date.parse('2026-01-01T00:00:00Z')
  for (let at = 0; at < count; at += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, count - at) }, (_, index) => at + index)
    await database('audit').insert(
      numbers.map((n) => ({
        time: new Date(begin + n * 1000),
        actor_name: `user-${n % 10}`,
        action: ['tag.delete', 'user.create', 'project.create', 'member.set'][n % 4],
        target: `project-${n % 5}/app:${n}`,
        project: `project-${n % 5}`,
        outcome: n % 50 === 0 ? 'denied' : 'done',
        address: '127.0.0.1',
        user_agent: userAgent,
        count: 1,
      })),
    )
  }
}

/** A migrated database with a key, and a chain that `holder` has. */
export interface AuditWorld {
  readonly database: Database
  readonly keyPath: string
  readonly key: Buffer
  readonly holder: string
  /** Seals all that waits. */
  readonly seal: () => Promise<void>
  readonly verify: (known?: {
    readonly seal: number
    readonly mac: string
  }) => Promise<Verification>
  readonly stop: () => Promise<void>
}

const HOLDER = '00000000-0000-4000-8000-000000000001'

export async function startAuditWorld(): Promise<AuditWorld> {
  const dir = mkdtempSync(join(tmpdir(), 'warden-audit-'))
  const { config, drop } = await createTestDatabase()
  const database = openDatabase(config, quiet)
  const keyPath = join(dir, 'token-ca', 'audit.key')
  const key = await openAuditKey({ database, path: keyPath })
  const seal = async (): Promise<void> => {
    await takeChain(database, HOLDER)
    while ((await sealAudit({ database, key, holder: HOLDER })) === SEALED_AT_ONCE);
  }
  return {
    database,
    keyPath,
    key,
    holder: HOLDER,
    seal,
    verify: (known) => verifyAudit({ database, key, onProgress: () => undefined }, { known }),
    stop: async () => {
      await database.destroy()
      await drop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
