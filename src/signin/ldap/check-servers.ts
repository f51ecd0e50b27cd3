import type { Socket } from 'node:net'
import type { LdapConfig } from '../../config/ldap-variables.ts'
import { good, type StepBook, warn } from './check-step.ts'
import {
  type LdapConnection,
  type LdapServer,
  openSocket,
  readServer,
  secureSocket,
  speakLdap,
} from './connection.ts'
import { withDeadline } from './deadline.ts'

const LONGEST_MS = 10_000

const CONNECT_ADVICE =
  'check the name and the port in WARDEN_LDAP_URL, and that nothing between blocks them'
const TLS_ADVICE =
  'put the authority of its certificate into WARDEN_LDAP_CA, and use the name that is in the certificate; never switch TLS off because of this'
const OFF_ADVICE =
  'passwords of people go over the network as they are; set WARDEN_LDAP_TLS=starttls or use ldaps://'

const wordOf = (server: LdapServer, { tls }: LdapConfig): string => {
  if (server.isSecure) return 'LDAPS'
  return tls === 'off' ? 'off' : 'StartTLS'
}

async function checkServer(
  config: LdapConfig,
  { book, server }: { readonly book: StepBook; readonly server: LdapServer },
): Promise<LdapConnection | undefined> {
  const ms = Math.min(config.timeoutSeconds * 1000, LONGEST_MS)
  const { url } = server
  const opened: { socket?: Socket; connection?: LdapConnection } = {}
  const reached = await book.take(`connect ${url}`, CONNECT_ADVICE, async () => {
    opened.socket = await withDeadline(ms, (signal) => openSocket(server, signal))
    return good(`connected to ${opened.socket.remoteAddress}:${server.port}`)
  })
  const { socket } = opened
  if (reached.state === 'fault' || socket === undefined) return undefined
  await book.take(`tls ${url}`, TLS_ADVICE, async () => {
    const secured = await withDeadline(ms, (signal) =>
      secureSocket(config, { server, socket }, signal),
    )
    opened.connection = speakLdap(secured)
    const word = wordOf(server, config)
    if (word === 'off') return warn('TLS is off', OFF_ADVICE)
    return good(`${word}, and the certificate is good for ${server.host}`)
  })
  return opened.connection
}

/** Looks at every server. @returns a connection to the first that is good */
export async function checkServers(
  config: LdapConfig,
  book: StepBook,
): Promise<LdapConnection | undefined> {
  let first: LdapConnection | undefined
  for (const server of config.servers.map(readServer)) {
    const connection = await checkServer(config, { book, server })
    if (first === undefined) first = connection
    else connection?.close()
  }
  return first
}
