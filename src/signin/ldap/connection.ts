import { once } from 'node:events'
import { isIP, connect as openTcp, type Socket } from 'node:net'
import { connect as openTls, type TLSSocket } from 'node:tls'
import { Client } from 'ldapts'
import type { LdapConfig } from '../../config/ldap-variables.ts'
import { orAborted } from './deadline.ts'
import { requestStartTls } from './start-tls.ts'

const KEEP_ALIVE_MS = 30_000

/** A server of the directory, as its URL says it. */
export interface LdapServer {
  readonly url: string
  readonly host: string
  readonly port: number
  readonly isSecure: boolean
}

export function readServer(url: string): LdapServer {
  const { protocol, hostname, port } = new URL(url)
  const isSecure = protocol === 'ldaps:'
  return {
    url,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (isSecure ? 636 : 389),
    isSecure,
  }
}

/** What is no error of ours: the socket is thrown away where it happens. */
const ignore = (): void => undefined

/** Waits for an event of a socket; on failure the socket is gone. @throws Error with the reason */
async function reach(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  try {
    await once(socket, event, { signal })
  } catch (error) {
    socket.on('error', ignore).destroy()
    if (signal.aborted) throw new Error('no answer in time')
    throw error
  }
}

/** @throws Error when nothing listens there */
export async function openSocket({ host, port }: LdapServer, signal: AbortSignal): Promise<Socket> {
  const socket = openTcp({ host, port, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS })
  await reach(socket, 'connect', signal)
  return socket
}

/**
 * Brings TLS onto the connection, unless that is explicitly off.
 *
 * @throws Error when the certificate is not good for the host, or there is no TLS
 */
export async function secureSocket(
  { tls, ca }: Pick<LdapConfig, 'tls' | 'ca'>,
  { server, socket }: { readonly server: LdapServer; readonly socket: Socket },
  signal: AbortSignal,
): Promise<Socket> {
  if (!server.isSecure && tls === 'off') return socket
  try {
    if (!server.isSecure) await requestStartTls(socket, signal)
  } catch (error) {
    socket.on('error', ignore).destroy()
    throw error
  }
  const secured: TLSSocket = openTls({
    socket,
    host: server.host,
    ...(isIP(server.host) === 0 && { servername: server.host }),
    ...(ca !== undefined && { ca }),
    minVersion: 'TLSv1.2',
  })
  await reach(secured, 'secureConnect', signal)
  return secured
}

/** A connection on which requests are made; once closed it stays so. */
export interface LdapConnection {
  readonly client: Client
  readonly isOpen: () => boolean
  readonly close: () => void
}

/**
 * Speaks LDAP over a socket. The library is given an open one, so that it neither connects again
 * behind our back nor sends a password before there is TLS.
 */
export function speakLdap(socket: Socket): LdapConnection {
  let taken = false
  const client = new Client({
    url: 'ldap://taken.invalid',
    createConnection: () => {
      if (taken || socket.destroyed) throw new Error('the connection was closed')
      taken = true
      return socket
    },
  })
  let open = true
  socket.once('close', () => {
    open = false
    socket.on('error', ignore)
  })
  return {
    client,
    isOpen: () => open && !socket.destroyed,
    close: () => void socket.on('error', ignore).destroy(),
  }
}

/** The whole way: address, connection, TLS. @throws Error with the reason */
export async function openConnection(
  config: Pick<LdapConfig, 'tls' | 'ca'>,
  server: LdapServer,
  signal: AbortSignal,
): Promise<LdapConnection> {
  const socket = await openSocket(server, signal)
  return speakLdap(await secureSocket(config, { server, socket }, signal))
}

/** Waits for an answer no longer than the signal lets; a connection that is silent is closed. */
export async function within<T>(
  connection: LdapConnection,
  signal: AbortSignal,
  ask: (client: Client) => Promise<T>,
): Promise<T> {
  try {
    return await orAborted(signal, () => ask(connection.client))
  } catch (error) {
    if (signal.aborted) connection.close()
    throw error
  }
}
