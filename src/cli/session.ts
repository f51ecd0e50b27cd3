import { ApiError } from '../client/api-error.ts'
import { createNodeClient } from '../client/node-client.ts'
import type { Client, ClientCredentials } from '../client/types.ts'
import { ConfigError } from '../config/config-error.ts'
import { readEnvironment } from '../config/environment.ts'
import { CLIENT_VARIABLES, VARIABLES } from '../config/variables.ts'
import { readSecret } from '../credentials/secret.ts'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
import { type Login, loginPath, readLogin } from './login-file.ts'
import { say } from './output.ts'

/** Where the API is and who asks; nobody where the credentials are undefined. */
export interface Session {
  readonly url: string
  readonly credentials: ClientCredentials | undefined
}

export interface ClientEnvironment {
  readonly url: string | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  /** An access token. */
  readonly token: string | undefined
}

/** Variables of the service are none of ours, not even when one of them is broken. */
const withoutService = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(env).filter(([name]) => !(name.replace(/_FILE$/, '') in VARIABLES)),
  )

/** @throws CommandError with what an address must look like */
export function parseServiceUrl(text: string): string {
  const parsed = CLIENT_VARIABLES.WARDEN_URL.safeParse(text)
  if (parsed.data !== undefined) return parsed.data
  const reason = parsed.error?.issues[0]?.message ?? 'is not good'
  throw new CommandError(
    `the address ${text} ${reason}; write it like https://registry.example.com`,
    EXIT.usage,
  )
}

const BEARER = /^[A-Za-z0-9._~+/-]+=*$/

/**
 * Reads an access token as it was piped in or set.
 *
 * @throws CommandError when it cannot be one
 */
export function parseToken(text: string): string {
  const token = text.trim()
  const kind = readSecret(token)?.kind
  if (BEARER.test(token) && (kind === undefined || kind === 'accessToken')) return token
  const why =
    kind === 'robot'
      ? 'is the secret of a robot, which signs in with its name: set WARDEN_USERNAME and WARDEN_PASSWORD, or use --username and --password-stdin'
      : 'is none; make one with: warden token create NAME'
  throw new CommandError(`what is given as the access token ${why}`, EXIT.usage)
}

/**
 * Reads the variables that stand for `warden login`.
 *
 * @throws ConfigError, or CommandError when the address is none, or two secrets are given
 */
export function readClientEnvironment(commandLine: CommandLine): ClientEnvironment {
  const { values, faults, warnings } = readEnvironment(withoutService(commandLine.env))
  if (faults.length > 0) throw new ConfigError(faults, warnings)
  for (const warning of warnings) say(commandLine, warning)
  const { WARDEN_URL, WARDEN_USERNAME, WARDEN_PASSWORD, WARDEN_TOKEN } = values
  if (WARDEN_TOKEN !== undefined && WARDEN_PASSWORD !== undefined) {
    throw new CommandError('WARDEN_TOKEN and WARDEN_PASSWORD are both set; keep one', EXIT.usage)
  }
  return {
    url: WARDEN_URL === undefined ? undefined : parseServiceUrl(WARDEN_URL),
    username: WARDEN_USERNAME,
    password: WARDEN_PASSWORD,
    token: WARDEN_TOKEN === undefined ? undefined : parseToken(WARDEN_TOKEN),
  }
}

function credentialsOf({
  username,
  password,
  token,
}: ClientEnvironment): ClientCredentials | undefined {
  // With a name beside it, the service holds the token against that name.
  if (token !== undefined) return username === undefined ? { token } : { username, password: token }
  if (username !== undefined && password !== undefined) return { username, password }
  if (username === undefined && password === undefined) return undefined
  throw new CommandError(
    'one of WARDEN_USERNAME and WARDEN_PASSWORD is set without the other; set both or neither',
    EXIT.usage,
  )
}

async function readKeptLogin(commandLine: CommandLine): Promise<Login | undefined> {
  const path = loginPath(commandLine.env)
  const kept = await readLogin(path)
  if (kept?.isExposed) {
    const what = 'token' in kept.login ? 'an access token' : 'a password'
    say(commandLine, `Other people may read ${path}, and it holds ${what}: chmod 600 it.`)
  }
  return kept?.login
}

/**
 * Finds out where to ask and as whom: each from the environment first, then from `warden login`.
 * A kept secret goes to the address that it was kept for and to no other.
 *
 * @throws CommandError when no address is known
 */
export async function findSession(commandLine: CommandLine): Promise<Session> {
  const environment = readClientEnvironment(commandLine)
  const given = credentialsOf(environment)
  const isWhole = environment.url !== undefined && given !== undefined
  const kept = isWhole ? undefined : await readKeptLogin(commandLine)
  const url = environment.url ?? kept?.url
  if (url === undefined) {
    throw new CommandError(
      'you are not signed in; run: warden login URL --username NAME (or set WARDEN_URL with WARDEN_TOKEN_FILE, or with WARDEN_USERNAME and WARDEN_PASSWORD_FILE)',
      EXIT.refused,
    )
  }
  return { url, credentials: given ?? (kept?.url === url ? kept : undefined) }
}

const isUnproven = (error: unknown): error is ApiError =>
  error instanceof ApiError && error.status === 401

/**
 * Runs a verb that uses the API.
 *
 * @throws CommandError when nobody is signed in, ApiError
 */
export async function withApi<T>(
  commandLine: CommandLine,
  work: (client: Client, session: Session) => Promise<T>,
): Promise<T> {
  const session = await findSession(commandLine)
  const client = createNodeClient(session)
  try {
    return await work(client, session)
  } catch (error) {
    if (!isUnproven(error)) throw error
    const sentence = `${error.message}; sign in with: warden login ${session.url} --username NAME`
    throw new CommandError(sentence, EXIT.refused)
  } finally {
    await client.close()
  }
}
