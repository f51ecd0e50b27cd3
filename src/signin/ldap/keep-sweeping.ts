import { randomUUID } from 'node:crypto'
import { repeat } from '../../database/repeat.ts'
import { createSweep, type SweepDeps } from './sweep.ts'
import { releaseSweep, takeSweep } from './sweep-queries.ts'

const LONGEST_PAUSE_SECONDS = 600
/** So many rounds within the life of claims. */
const ROUNDS = 8

/**
 * Sweeps again and again, at one replica at a time: the same one for as long as it lives, since it
 * knows who was gone before.
 *
 * @returns stops it
 */
export function keepSweeping(deps: SweepDeps): () => Promise<void> {
  const { database, claimsSeconds, log } = deps
  const holder = randomUUID()
  const pauseSeconds = Math.min(LONGEST_PAUSE_SECONDS, claimsSeconds / ROUNDS)
  const termSeconds = Math.ceil(pauseSeconds * 2)
  const sweep = createSweep(deps)
  const stop = repeat({
    everyMs: pauseSeconds * 1000,
    work: async () => {
      if (await takeSweep(database, { holder, termSeconds })) await sweep()
    },
    onFailure: (error) => log.warn({ error }, 'accounts of the directory cannot be looked at now'),
  })
  return async () => {
    await stop()
    await releaseSweep(database, holder).catch(() => undefined)
  }
}
