import type { LdapConfig } from '../../config/ldap-variables.ts'
import { checkGroups } from './check-groups.ts'
import { type CheckDeps, checkOne, checkUsernames } from './check-people.ts'
import { checkServers } from './check-servers.ts'
import { createStepBook, good, type LdapCheckStep, type StepBook, warn } from './check-step.ts'
import { type LdapConnection, within } from './connection.ts'
import { withDeadline } from './deadline.ts'
import type { Directory } from './directory.ts'

const LONGEST_MS = 45_000

export interface LdapCheck {
  readonly steps: readonly LdapCheckStep[]
  readonly faults: number
  readonly warnings: number
}

export interface CheckDirectoryInput {
  readonly config: LdapConfig
  /** Somebody to look for. */
  readonly username?: string | undefined
  readonly monotonicMs?: () => number
}

async function checkServiceAccount(
  { config, book, inTime }: Omit<CheckDeps, 'directory'>,
  connection: LdapConnection,
): Promise<boolean> {
  const { bindDn, bindPassword = '' } = config
  const advice = 'check WARDEN_LDAP_BIND_DN and WARDEN_LDAP_BIND_PASSWORD'
  const step = await book.take('service account', advice, async () => {
    await inTime((signal) =>
      within(connection, signal, (client) => client.bind(bindDn ?? '', bindPassword)),
    )
    if (bindDn !== undefined) return good(`bound as ${bindDn}`)
    return warn('bound as nobody in particular', 'many directories show nothing then; give one')
  })
  return step.state !== 'fault'
}

const searchOver = (connection: LdapConnection): Directory['search'] => {
  return (_kind, { base, ...options }, signal) =>
    within(connection, signal, (client) => client.search(base, options))
}

async function checkAll(
  { config, username }: CheckDirectoryInput,
  book: StepBook,
  outer: AbortSignal,
): Promise<void> {
  const connection = await checkServers(config, book)
  if (connection === undefined) return
  const ms = config.timeoutSeconds * 1000
  const inTime: CheckDeps['inTime'] = (ask) => withDeadline(ms, ask, outer)
  try {
    const deps = { config, book, inTime, directory: { search: searchOver(connection) } }
    if (!(await checkServiceAccount(deps, connection))) return
    await checkUsernames(deps)
    await checkGroups(deps)
    if (username !== undefined) await checkOne(deps, username)
  } finally {
    connection.close()
  }
}

/** Goes the way to the directory step by step, over connections of its own. No password is asked for. */
export async function checkDirectory(input: CheckDirectoryInput): Promise<LdapCheck> {
  const { monotonicMs = () => performance.now() } = input
  const book = createStepBook(monotonicMs)
  await withDeadline(LONGEST_MS, (outer) => checkAll(input, book, outer))
  const count = (wanted: LdapCheckStep['state']): number =>
    book.steps.filter(({ state }) => state === wanted).length
  return { steps: book.steps, faults: count('fault'), warnings: count('warning') }
}
