import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { threadId } from 'node:worker_threads'
import { StackError } from './stack-error.ts'

export const LOOPBACK = '127.0.0.1'
export const LOOPBACK_V6 = '::1'

/**
 * Below the ports that the system gives to whoever connects anywhere: such a one may be taken between
 * the moment that it is found free and the moment that a program listens on it.
 */
const QUIET_FROM = 10_240
const QUIET_UNTIL = 32_768

/**
 * Between being found and being listened on a port could be found by somebody else, too. So everybody
 * has a piece of that range to begin with: processes and threads that are neighbours have others.
 */
const PIECE = 44
/** Elsewhere, where all of one's own are taken. */
const MORE_TRIES = 50
const PIECES = Math.floor((QUIET_UNTIL - QUIET_FROM) / PIECE)
const OF_NEIGHBOURS = 31
const OWN_FROM = QUIET_FROM + ((process.pid * OF_NEIGHBOURS + threadId) % PIECES) * PIECE
let last = 0

function nextPort(tries: number): number {
  if (tries >= PIECE) return QUIET_FROM + randomInt(QUIET_UNTIL - QUIET_FROM)
  last = (last + 1) % PIECE
  return OWN_FROM + last
}

type Binding = { readonly port: number } | { readonly fault: string }

async function tryBinding(host: string, port: number): Promise<Binding> {
  const server = createServer()
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
    const address = server.address()
    return { port: typeof address === 'object' && address !== null ? address.port : port }
  } catch (error) {
    return { fault: error instanceof Error && 'code' in error ? String(error.code) : String(error) }
  } finally {
    server.close()
  }
}

/** Whether this machine has the IPv6 loopback, to which `localhost` often leads first. */
export const hasLoopbackV6 = async (): Promise<boolean> =>
  'port' in (await tryBinding(LOOPBACK_V6, 0))

/** A port of the loopback that nobody listens on: the preferred one if it is free. */
export async function findFreePort(preferred?: number): Promise<number> {
  const first = preferred === undefined ? undefined : await tryBinding(LOOPBACK, preferred)
  if (first !== undefined && 'port' in first) return first.port
  for (let tries = 0; tries < PIECE + MORE_TRIES; tries++) {
    const quiet = await tryBinding(LOOPBACK, nextPort(tries))
    if ('port' in quiet) return quiet.port
  }
  const any = await tryBinding(LOOPBACK, 0)
  if ('port' in any) return any.port
  throw new StackError(`no port of ${LOOPBACK} can be listened on: ${any.fault}`)
}

const refusal = (host: string, port: number, fault: string): string => {
  if (fault === 'EACCES') {
    return `port ${port} may not be used by this user; take one above 1023 with --port N`
  }
  if (fault === 'EADDRINUSE') {
    return `port ${port} is taken by another program; stop that, or take another port with --port N`
  }
  return `port ${port} of ${host} cannot be used (${fault}); take another one with --port N`
}

/** @throws StackError with a sentence for the user when the port cannot be listened on */
export async function assertPortFree(host: string, port: number): Promise<void> {
  const binding = await tryBinding(host, port)
  if ('fault' in binding) throw new StackError(refusal(host, port, binding.fault))
  const twin = await tryBinding(LOOPBACK_V6, port)
  if ('fault' in twin && twin.fault === 'EADDRINUSE') {
    throw new StackError(refusal(LOOPBACK_V6, port, twin.fault))
  }
}
