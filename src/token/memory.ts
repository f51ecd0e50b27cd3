import { createCachedUsers } from '../accounts/cached-users.ts'
import type { Config } from '../config/read-config.ts'
import { createCredentials } from '../credentials/credentials.ts'
import { readVersionNews } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import { createVersionWatch } from '../database/version-watch.ts'
import { createWriteFence } from '../holds/write-fence.ts'
import { createCachedRights } from '../projects/cached-rights.ts'
import { createCachedSettings } from '../settings/cached-settings.ts'
import { createFingerprint, createProvenCache } from '../signin/proven-cache.ts'
import type { Signer } from '../signing/signer.ts'
import { createAnswerCache } from './answer-cache.ts'

export interface MemoryDeps {
  readonly config: Config
  readonly database: Database
  readonly watchDatabase: Database
  readonly signer: Signer
  readonly now: () => Date
}

/** What the way of a token remembers, and the watch that says when it is old (decision 3). */
export function createMemory({ config, database, watchDatabase, signer, now }: MemoryDeps) {
  const { cache } = config
  const monotonicMs = (): number => performance.now()
  const watch = createVersionWatch({
    readNews: (since) => readVersionNews(watchDatabase, since),
    graceSeconds: config.database.graceSeconds,
    monotonicMs,
    now,
  })
  const rows = { database, watch, most: cache.rows }
  return {
    watch,
    users: createCachedUsers(rows),
    rights: createCachedRights(rows),
    ...createCredentials({ ...rows, now }),
    runtimeSettings: createCachedSettings({ database, watch, pinned: config.settings }),
    writeFence: createWriteFence({ database, watch, door: config.door, now }),
    proven: createProvenCache(cache.proofs),
    answers: createAnswerCache({
      watch,
      most: cache.answers,
      fingerprint: createFingerprint(),
      leafFingerprint: () => signer.leaf().fingerprint,
      monotonicMs,
      now,
    }),
  }
}
