import { type Command, Option } from 'commander'
import type { ClientCredentials } from '../client/types.ts'
import { askLine, canAsk, readPassword } from './ask.ts'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
import { type JsonOption, reportDone, withJson } from './listing.ts'
import { loginPath, readLogin, removeLogin, writeLogin } from './login-file.ts'
import { say } from './output.ts'
import { proveLogin } from './prove-login.ts'
import {
  type ClientEnvironment,
  parseServiceUrl,
  parseToken,
  readClientEnvironment,
} from './session.ts'

/** Where quickstart serves. */
const DEFAULT_URL = 'http://localhost:5000'
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/

interface LoginOptions extends JsonOption {
  readonly username?: string
  readonly passwordStdin?: boolean
  readonly tokenStdin?: boolean
}

async function chooseUrl(
  { env }: CommandLine,
  argument: string | undefined,
  environment: ClientEnvironment,
): Promise<string> {
  if (argument !== undefined) return parseServiceUrl(argument)
  if (environment.url !== undefined) return environment.url
  // A broken file is about to be replaced.
  const kept = await readLogin(loginPath(env)).catch(() => undefined)
  return kept?.login.url ?? DEFAULT_URL
}

function warnOfPlainHttp(commandLine: CommandLine, url: string): void {
  const { protocol, hostname } = new URL(url)
  if (protocol === 'https:' || LOOPBACK_HOST.test(hostname)) return
  say(commandLine, `Warning: ${url} is not encrypted, so the network can read the password.`)
}

async function chooseUsername(
  commandLine: CommandLine,
  given: string | undefined,
): Promise<string> {
  if (given !== undefined) return given
  if (!canAsk(commandLine)) throw new CommandError('name the user with --username', EXIT.usage)
  return askLine(commandLine, { text: 'User name: ', answer: 'visible' })
}

function choosePassword(
  commandLine: CommandLine,
  { passwordStdin }: LoginOptions,
  { username, given }: { readonly username: string; readonly given: string | undefined },
): Promise<string> {
  const fromStdin = passwordStdin === true
  if (!fromStdin && given !== undefined) return Promise.resolve(given)
  return readPassword(commandLine, { fromStdin, name: `Password of ${username}`, kind: 'known' })
}

const overrides = (environment: ClientEnvironment): readonly string[] => [
  ...(environment.url === undefined ? [] : ['WARDEN_URL']),
  ...(environment.username === undefined ? [] : ['WARDEN_USERNAME']),
  ...(environment.password === undefined ? [] : ['WARDEN_PASSWORD']),
  ...(environment.token === undefined ? [] : ['WARDEN_TOKEN']),
]

/** What a person gives is asked for as little as it takes: an access token says whose it is. */
async function chooseCredentials(
  commandLine: CommandLine,
  options: LoginOptions,
  environment: ClientEnvironment,
): Promise<ClientCredentials> {
  if (options.tokenStdin) {
    const kind = { kind: 'known', what: 'access token' } as const
    const input = { fromStdin: true, name: 'Access token', ...kind }
    return { token: parseToken(await readPassword(commandLine, input)) }
  }
  const wantsPassword = options.passwordStdin === true || options.username !== undefined
  if (environment.token !== undefined && !wantsPassword) return { token: environment.token }
  const username = await chooseUsername(commandLine, options.username ?? environment.username)
  const from = { username, given: environment.password }
  return { username, password: await choosePassword(commandLine, options, from) }
}

async function login(
  commandLine: CommandLine,
  argument: string | undefined,
  options: LoginOptions,
): Promise<void> {
  const environment = readClientEnvironment(commandLine)
  const url = await chooseUrl(commandLine, argument, environment)
  warnOfPlainHttp(commandLine, url)
  const credentials = await chooseCredentials(commandLine, options, environment)
  const username = await proveLogin(url, credentials)
  const path = loginPath(commandLine.env)
  await writeLogin(path, { ...credentials, url, username })
  const set = overrides(environment)
  reportDone(commandLine, {
    result: { url, username, path },
    options,
    sentences: [
      `You are signed in to ${url} as ${username}.`,
      `The ${'token' in credentials ? 'access token' : 'password'} is now in ${path}, in readable form, for your account alone; warden logout removes it.`,
      ...(set.length === 0 ? [] : [`What ${set.join(', ')} says goes before that file.`]),
      'Next: warden project list',
    ],
  })
}

async function logout(commandLine: CommandLine): Promise<void> {
  const path = loginPath(commandLine.env)
  const wasThere = await removeLogin(path)
  say(commandLine, wasThere ? `You are signed out; ${path} is gone.` : 'You were not signed in.')
}

const LOGIN_HELP = `
The other commands then ask that address as that user. In scripts, the variables WARDEN_URL and
WARDEN_TOKEN, or WARDEN_USERNAME and WARDEN_PASSWORD, do instead, and nothing is written; each may be
the name of a file with _FILE (WARDEN_TOKEN_FILE). An access token is enough by itself, a robot signs
in with its name and secret; both need permissions with the action api.

Examples:
  warden login https://registry.example.com --username ann
  warden login https://registry.example.com --token-stdin < token.txt
  warden login https://registry.example.com --username 'robot$demo+ci' --password-stdin < secret.txt
  warden login http://localhost:5000 --username admin --password-stdin < password.txt`

/** `warden login` and `warden logout`. */
export function addLoginVerbs(program: Command, commandLine: CommandLine): void {
  const command = program
    .command('login')
    .description('sign in to a service for the commands that use its API')
    .argument('[url]', `address of the service; the last one or ${DEFAULT_URL} by default`)
    .option('-u, --username <name>', 'user name; asked for by default')
    .option('--password-stdin', 'read the password from the standard input')
    .addOption(
      new Option('--token-stdin', 'read an access token from the standard input').conflicts([
        'username',
        'passwordStdin',
      ]),
    )
    .addHelpText('after', LOGIN_HELP)
  withJson(command).action((url: string | undefined, options: LoginOptions) =>
    login(commandLine, url, options),
  )
  program
    .command('logout')
    .description('forget address, user name and password')
    .action(() => logout(commandLine))
}
