import type { Log } from '../../http/middleware.ts'
import { DirectoryAway } from './directory-error.ts'

/** Asks the directory, unless it was silent a moment ago; then nobody waits for it once more. */
export type AskDirectory = <T>(ask: () => Promise<T>) => Promise<T>

export interface BreakerDeps {
  readonly monotonicMs: () => number
  readonly log: Pick<Log, 'warn' | 'info'>
}

/**
 * Remembers for some seconds that the directory does not answer. After that one request tries again,
 * and the others go on as before until it has found out.
 */
export function createBreaker({ monotonicMs, log }: BreakerDeps): AskDirectory {
  let away: { restsUntilMs: number; readonly failure: DirectoryAway } | undefined
  const begin = (): void => {
    if (away === undefined) return
    if (monotonicMs() < away.restsUntilMs) throw away.failure
    away.restsUntilMs = monotonicMs() + away.failure.restSeconds * 1000
  }
  const succeed = (): void => {
    if (away !== undefined) log.info({}, 'the directory answers again')
    away = undefined
  }
  const fail = (failure: DirectoryAway): void => {
    if (away === undefined) {
      log.warn({ reason: failure.message }, 'the directory (LDAP) does not answer as it should')
    }
    if (failure.restSeconds === 0) return
    away = { restsUntilMs: monotonicMs() + failure.restSeconds * 1000, failure }
  }
  return async (ask) => {
    begin()
    try {
      const answer = await ask()
      succeed()
      return answer
    } catch (error) {
      if (error instanceof DirectoryAway) fail(error)
      throw error
    }
  }
}
