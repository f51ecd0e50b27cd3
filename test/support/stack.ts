import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Mariadb, startMariadb } from '../../src/stack/mariadb.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { type Stack, startStack } from '../../src/stack/start-stack.ts'
import { makeTemporaryDir, removeDir } from './temporary-dir.ts'

export interface Person {
  readonly username: string
  readonly password: string
}

export const ADMIN: Person = { username: 'admin', password: 'first-light-7' }
/** Developer of `acme` and of `tools`. */
export const ALICE: Person = { username: 'alice', password: 'apple-orchard-11' }
/** Guest of `acme`. */
export const GINA: Person = { username: 'gina', password: 'green-harbour-22' }
/** Member of nothing. */
export const STAN: Person = { username: 'stan', password: 'silver-tunnel-33' }

export interface ApiReply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export interface TestStack extends Stack {
  /** host:port as clients write it. */
  readonly address: string
  readonly api: (
    method: string,
    path: string,
    options?: { readonly as?: Person; readonly json?: unknown },
  ) => Promise<ApiReply>
  readonly remove: () => Promise<void>
}

export const basic = ({ username, password }: Person): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

const createApi =
  (url: string): TestStack['api'] =>
  async (method, path, { as = ADMIN, json } = {}) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: basic(as), 'content-type': 'application/json' },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

/** Everything that quickstart starts, in a folder of its own; the first password is known. */
export async function startTestStack(
  env: Readonly<Record<string, string>> = {},
): Promise<TestStack> {
  const dir = makeTemporaryDir()
  const stack = await startStack({
    env: { ...process.env, WARDEN_ADMIN_PASSWORD: ADMIN.password, ...env },
    dir: join(dir, 'stack'),
    port: await findFreePort(),
  })
  return {
    ...stack,
    address: new URL(stack.url).host,
    api: createApi(stack.url),
    remove: async () => {
      await stack.stop()
      removeDir(dir)
    },
  }
}

/** Starts the database that was stopped: the same data on the same port. */
export const startDatabaseAgain = ({ dir, database }: TestStack): Promise<Mariadb> =>
  startMariadb({
    env: process.env,
    dir: join(dir, 'database'),
    logPath: join(dir, 'logs', 'database.log'),
    secretsDir: join(dir, 'secrets'),
    preferredPort: database.port,
    account: 'one-database',
  })

/** Makes the people above, and the projects `acme` and `tools` (private) and `open` (public). */
export async function addPeople({ api }: TestStack): Promise<void> {
  const make = async (method: string, path: string, json: unknown): Promise<void> => {
    const { status, text } = await api(method, path, { json })
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`)
  }
  for (const { username, password } of [ALICE, GINA, STAN]) {
    await make('POST', '/users', { username, password })
  }
  for (const [name, visibility] of [
    ['acme', 'private'],
    ['tools', 'private'],
    ['open', 'public'],
  ]) {
    await make('POST', '/projects', { name, visibility })
  }
  for (const project of ['acme', 'tools', 'open']) {
    await make('PUT', `/projects/${project}/members/users/alice`, { role: 'developer' })
  }
  await make('PUT', '/projects/acme/members/users/gina', { role: 'guest' })
}

/** Tries wrong passwords for that name until the next one has to wait for some seconds. */
export async function guessUntilHeldUp({ url }: TestStack, username: string): Promise<void> {
  for (let guess = 0; guess < 100; guess++) {
    const response = await fetch(`${url}/auth/token?service=registry-warden`, {
      headers: { authorization: basic({ username, password: `guess-${guess}` }) },
    })
    await response.arrayBuffer()
    const waitSeconds = Number(response.headers.get('retry-after') ?? 0)
    if (waitSeconds >= 4) return
    await sleep(waitSeconds * 1000)
  }
  throw new Error(`${username} is never held up`)
}
