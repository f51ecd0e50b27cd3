import { createHash, createPrivateKey, type JsonWebKey, randomBytes, sign } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { type Part, startPart } from '../../src/stack/part.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import type { IdpSettings, PersonClaims } from './idp-server.ts'
import { makeTemporaryDir, removeDir } from './temporary-dir.ts'

const READY_TIMEOUT_MS = 30_000
const DAYS_SECONDS = 7 * 86_400

export interface IdpTokens {
  /** A JWT for the audience, of type `at+jwt`. */
  readonly accessToken: string
  readonly idToken: string
}

/** A real OpenID provider in a process of its own, with people who sign in there. */
export interface Idp {
  readonly issuer: string
  readonly audience: string
  readonly redirectUri: string
  /** The private keys that it has now; the first signs. */
  readonly keys: () => readonly JWK[]
  /** Changes what it says of a person; it is started anew for that. */
  readonly setPerson: (sub: string, claims: PersonClaims) => Promise<void>
  /** Puts a new key before the others, or in place of them. */
  readonly rotate: (kept?: readonly JWK[]) => Promise<void>
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
  /** Signs in as a browser would, with the authorization code and PKCE. */
  readonly signIn: (sub: string) => Promise<IdpTokens>
  /** Ends it for good. */
  readonly remove: () => Promise<void>
}

export interface IdpOptions {
  readonly people: Readonly<Record<string, PersonClaims>>
  readonly redirectUri?: string
  /** Lets it speak https; nobody signs in there by `signIn` then. */
  readonly tls?: IdpSettings['tls']
}

/** A private key with an id of its own. */
export async function createKey(alg = 'ES256'): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: randomBytes(6).toString('hex'), alg, use: 'sig' }
}

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** A token that is signed with that key, whatever it says. */
export function signToken(
  key: JWK,
  payload: unknown,
  header: Readonly<Record<string, unknown>> = {},
): string {
  const whole = { alg: key.alg, typ: 'at+jwt', kid: key.kid, ...header }
  const text = `${encode(whole)}.${encode(payload)}`
  const privateKey = createPrivateKey({ key: key as JsonWebKey, format: 'jwk' })
  const signature = sign('sha256', Buffer.from(text), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  })
  return `${text}.${signature.toString('base64url')}`
}

type Jar = Map<string, string>

/** One step of a browser: cookies are kept, and no redirect is followed. */
async function step(jar: Jar, url: string, form?: Readonly<Record<string, string>>) {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const response = await fetch(url, {
    redirect: 'manual',
    headers: { cookie },
    ...(form && { method: 'POST', body: new URLSearchParams(form) }),
  })
  for (const line of response.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    jar.set(name, value)
  }
  const location = response.headers.get('location')
  if (location === null) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return new URL(location, url).href
}

async function signInAt({ issuer, redirectUri }: Idp, sub: string): Promise<IdpTokens> {
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    client_id: 'front',
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid api',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const jar: Jar = new Map()
  const form = await step(jar, `${issuer}/auth?${query}`)
  const resumed = await step(jar, form, { prompt: 'login', login: sub, password: 'any' })
  const back = new URL(await step(jar, resumed))
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'front',
      redirect_uri: redirectUri,
      code: back.searchParams.get('code') ?? '',
      code_verifier: verifier,
    }),
  })
  const { access_token, id_token } = (await response.json()) as Record<string, string>
  if (access_token === undefined || id_token === undefined) throw new Error(`no tokens for ${sub}`)
  return { accessToken: access_token, idToken: id_token }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

function launch(dir: string, settings: IdpSettings): Promise<Part> {
  mkdirSync(dir, { recursive: true })
  const path = join(dir, 'settings.json')
  writeFileSync(path, JSON.stringify(settings), { mode: 0o600 })
  return startPart({
    name: 'idp',
    command: process.execPath,
    args: [resolve('dist/test/support/idp-server.js'), path],
    env: process.env,
    dir: resolve('.'),
    logPath: join(dir, 'idp.log'),
    isReady: () => isListening(settings.port),
    readyTimeoutMs: READY_TIMEOUT_MS,
  })
}

/** Starts it on a free port; tokens live for a week, so that tests may move the time. */
export async function startIdp(options: IdpOptions): Promise<Idp> {
  const dir = makeTemporaryDir()
  const port = await findFreePort()
  let settings: IdpSettings = {
    port,
    keys: [await createKey()],
    people: options.people,
    audience: 'https://registry.test',
    redirectUri: options.redirectUri ?? 'http://127.0.0.1:9/callback',
    tokenSeconds: DAYS_SECONDS,
    tls: options.tls,
  }
  let part: Part | undefined = await launch(dir, settings)
  const stop = async (): Promise<void> => {
    await part?.stop()
    part = undefined
  }
  const start = async (): Promise<void> => {
    part ??= await launch(dir, settings)
  }
  const restartWith = async (change: Partial<IdpSettings>): Promise<void> => {
    settings = { ...settings, ...change }
    await stop()
    await start()
  }
  const { audience, redirectUri } = settings
  const idp: Idp = {
    issuer: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    audience,
    redirectUri,
    keys: () => settings.keys,
    setPerson: (sub, claims) => restartWith({ people: { ...settings.people, [sub]: claims } }),
    rotate: async (kept = settings.keys) => restartWith({ keys: [await createKey(), ...kept] }),
    stop,
    start,
    signIn: (sub) => signInAt(idp, sub),
    remove: async () => {
      await stop()
      removeDir(dir)
    },
  }
  return idp
}
