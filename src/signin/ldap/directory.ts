import type { SearchOptions, SearchResult } from 'ldapts'
import type { LdapConfig } from '../../config/ldap-variables.ts'
import type { LdapOutcome, LdapRequest } from '../../metrics/names.ts'
import { type LdapConnection, openConnection, readServer, within } from './connection.ts'
import { withDeadline } from './deadline.ts'
import { isAnswer, isRefusal, serviceAccountRefused } from './directory-error.ts'

/** A firewall may have forgotten a connection that was quiet for longer. */
const FRESH_FOR_MS = 60_000

/** Told of every request to the directory, and how long it took. */
export type ObserveDirectory = (query: LdapRequest, outcome: LdapOutcome, seconds: number) => void

export interface DirectoryDeps {
  readonly config: LdapConfig
  readonly observe: ObserveDirectory
  /** Milliseconds that only go forward. */
  readonly monotonicMs: () => number
}

export interface DirectorySearch extends SearchOptions {
  readonly base: string
}

/** The directory as the service account sees it, over one connection that is kept and shared. */
export interface Directory {
  /** @throws Error when nothing answers, or the answer is no success */
  readonly search: (
    kind: 'search' | 'groups',
    search: DirectorySearch,
    signal: AbortSignal,
  ) => Promise<SearchResult>
  /**
   * Binds on a connection of its own, which is closed again.
   *
   * @returns whether the directory takes the password
   * @throws Error when it does not say
   */
  readonly bindAs: (dn: string, password: string, signal: AbortSignal) => Promise<boolean>
  readonly close: () => void
}

function createTiming({ observe, monotonicMs }: DirectoryDeps) {
  return async <T>(query: LdapRequest, work: () => Promise<T>): Promise<T> => {
    const startedAtMs = monotonicMs()
    const done = (outcome: LdapOutcome): void =>
      observe(query, outcome, (monotonicMs() - startedAtMs) / 1000)
    try {
      const result = await work()
      done('answered')
      return result
    } catch (error) {
      done(isRefusal(error) ? 'refused' : 'failed')
      throw error
    }
  }
}

type Timed = ReturnType<typeof createTiming>

/** Tries the servers one after another, from the one that answered last; each has its share of the time. */
function createOpen({ config }: DirectoryDeps, timed: Timed) {
  const servers = config.servers.map(readServer)
  let first = 0
  return async (signal: AbortSignal): Promise<LdapConnection> => {
    const shareMs = (config.timeoutSeconds * 1000) / (servers.length + 1)
    let failure: unknown
    for (const offset of servers.keys()) {
      const index = (first + offset) % servers.length
      const server = servers[index]
      if (server === undefined || signal.aborted) break
      const isOnly = servers.length === 1
      const open = (inner: AbortSignal) => openConnection(config, server, inner)
      try {
        const opened = await timed('connect', () =>
          isOnly ? open(signal) : withDeadline(shareMs, open, signal),
        )
        first = index
        return opened
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }
}

interface Kept {
  readonly connection: LdapConnection
  usedAtMs: number
}

/** The connection of the service account: opened when it is needed, and again when it is gone. */
function createService(
  { config, monotonicMs }: DirectoryDeps,
  open: (signal: AbortSignal) => Promise<LdapConnection>,
  timed: Timed,
) {
  let kept: Kept | undefined
  let opening: Promise<Kept> | undefined
  const begin = async (signal: AbortSignal): Promise<Kept> => {
    const connection = await open(signal)
    try {
      const { bindDn = '', bindPassword = '' } = config
      await timed('bind', () =>
        within(connection, signal, (client) => client.bind(bindDn, bindPassword)),
      )
    } catch (error) {
      connection.close()
      if (!isAnswer(error)) throw error
      throw serviceAccountRefused(error)
    }
    return { connection, usedAtMs: monotonicMs() }
  }
  const takeKept = (): Kept | undefined => {
    const isFresh = kept !== undefined && monotonicMs() - kept.usedAtMs < FRESH_FOR_MS
    if (kept?.connection.isOpen() && isFresh) return kept
    kept?.connection.close()
    kept = undefined
    return undefined
  }
  /** `isOld`: its end may show only when it is used. */
  const take = async (signal: AbortSignal): Promise<Kept & { readonly isOld: boolean }> => {
    const old = takeKept()
    if (old !== undefined) {
      old.usedAtMs = monotonicMs()
      return { ...old, isOld: true }
    }
    opening ??= begin(signal).finally(() => {
      opening = undefined
    })
    kept = await opening
    return { ...kept, isOld: false }
  }
  return { take, close: () => kept?.connection.close() }
}

/** Makes the directory; nothing is asked before somebody needs it. */
export function createDirectory(deps: DirectoryDeps): Directory {
  const timed = createTiming(deps)
  const open = createOpen(deps, timed)
  const service = createService(deps, open, timed)
  const search: Directory['search'] = async (kind, { base, ...options }, signal) => {
    const { connection, isOld } = await service.take(signal)
    try {
      return await timed(kind, () =>
        within(connection, signal, (client) => client.search(base, options)),
      )
    } catch (error) {
      if (isAnswer(error)) throw error
      connection.close()
      if (!isOld || signal.aborted) throw error
      return search(kind, { base, ...options }, signal)
    }
  }
  return {
    search,
    bindAs: async (dn, password, signal) => {
      const connection = await open(signal)
      try {
        await timed('bind', () => within(connection, signal, (client) => client.bind(dn, password)))
        return true
      } catch (error) {
        if (isRefusal(error)) return false
        throw error
      } finally {
        connection.close()
      }
    },
    close: service.close,
  }
}
