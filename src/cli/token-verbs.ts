import { type Command, InvalidArgumentError } from 'commander'
import type { Schemas } from '../client/generated.ts'
import type { CommandLine } from './command-line.ts'
import {
  chooseEnd,
  choosePermissions,
  describeEnd,
  describePermissions,
  dockerLogin,
  type EndOptions,
  type PermissionOptions,
  reportSecret,
  withEnd,
  withPermissions,
} from './credential-options.ts'
import {
  type Column,
  type JsonOption,
  type ListOptions,
  printListing,
  printOne,
  reportDone,
  withJson,
  withListOptions,
} from './listing.ts'
import { withApi } from './session.ts'
import {
  listIdentityTokens,
  listTokens,
  readToken,
  revokeIdentityToken,
  revokeToken,
} from './token-calls.ts'

const TOKEN_COLUMNS: readonly Column<Schemas['AccessToken']>[] = [
  { head: 'id', cell: ({ id }) => id },
  { head: 'name', cell: ({ name }) => name },
  { head: 'may', cell: ({ permissions }) => describePermissions(permissions) },
  { head: 'until', cell: ({ expiresAt }) => expiresAt },
  { head: 'last used', cell: ({ lastUsedAt }) => lastUsedAt },
  { head: 'created', cell: ({ createdAt }) => createdAt },
]

const IDENTITY_COLUMNS: readonly Column<Schemas['IdentityToken']>[] = [
  { head: 'id', cell: ({ id }) => id },
  { head: 'client', cell: ({ client }) => client },
  { head: 'address', cell: ({ address }) => address },
  { head: 'until', cell: ({ expiresAt }) => expiresAt },
  { head: 'last used', cell: ({ lastUsedAt }) => lastUsedAt },
  { head: 'created', cell: ({ createdAt }) => createdAt },
]

interface KindOptions {
  readonly user?: string
  readonly identity?: boolean
}

const CREATE_HELP = `
The secret stands alone on the standard output and is shown this once. Without --repositories and
--actions the token may do all that you may. Repositories are whole names. With the action api the
other commands can use it, too.

Examples:
  warden token create laptop --expires-in 90d > secret.txt
  warden token create ci --repositories 'demo/**' --actions pull push > secret.txt
  docker login registry.example.com --username ann --password-stdin < secret.txt`

const createVerb = (token: Command, commandLine: CommandLine): void => {
  const command = token
    .command('create')
    .description('make an access token of yours, for use in place of the password')
    .argument('<name>', 'what you call it')
    .addHelpText('after', CREATE_HELP)
  withJson(withEnd(withPermissions(command, 'by whole names'))).action(
    (name: string, options: JsonOption & PermissionOptions & EndOptions) =>
      withApi(commandLine, async (client, { url }) => {
        const permissions = choosePermissions(options)
        const body = { name, permissions, expiresAt: chooseEnd(options) }
        const { data: result } = await client.call('postMeTokens', { body })
        const may = describePermissions(result.permissions)
        reportSecret(commandLine, {
          result,
          options,
          sentences: [
            `The access token ${result.name} (${result.id}) is made: ${may}; it ${describeEnd(result.expiresAt)}. Its secret is shown this once.`,
            `Next: ${dockerLogin(url, result.username)}`,
          ],
        })
      }),
  )
}

const listVerb = (token: Command, commandLine: CommandLine): void => {
  const command = token
    .command('list')
    .description('list access tokens, yours or those of a user')
    .option('--user <name>', 'tokens of this user; for administrators and auditors')
    .option('--identity', 'identity tokens instead: what docker login keeps')
  withListOptions(command).action((options: ListOptions & KindOptions) =>
    withApi(commandLine, async (client) => {
      const { user, limit } = options
      if (options.identity) {
        const listing = await listIdentityTokens(client, user, limit)
        const none = 'There are no identity tokens.'
        printListing(commandLine, { listing, options, columns: IDENTITY_COLUMNS, none })
        return
      }
      const listing = await listTokens(client, user, limit)
      const none = 'There are no access tokens.'
      printListing(commandLine, { listing, options, columns: TOKEN_COLUMNS, none })
    }),
  )
}

function parseId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('must be the id of a token, as warden token list shows it')
}

const showVerb = (token: Command, commandLine: CommandLine): void => {
  const command = token
    .command('show')
    .description('show an access token, without its secret')
    .argument('<id>', 'as the list shows it', parseId)
    .option('--user <name>', 'a token of this user; for administrators and auditors')
  withJson(command).action((id: number, options: JsonOption & KindOptions) =>
    withApi(commandLine, async (client) => {
      const item = await readToken(client, options.user, String(id))
      printOne(commandLine, { item, options, columns: TOKEN_COLUMNS })
    }),
  )
}

const revokeVerb = (token: Command, commandLine: CommandLine): void => {
  const command = token
    .command('revoke')
    .description('end an access token at once')
    .argument('<id>', 'as the list shows it', parseId)
    .option('--user <name>', 'a token of this user; for administrators')
    .option('--identity', 'an identity token instead')
  withJson(command).action((id: number, options: JsonOption & KindOptions) =>
    withApi(commandLine, async (client) => {
      const { user } = options
      const kind = options.identity ? 'identity' : 'access'
      if (options.identity) await revokeIdentityToken(client, user, String(id))
      else await revokeToken(client, user, String(id))
      reportDone(commandLine, {
        result: { id, kind, revoked: true },
        options,
        sentences: [
          `The ${kind} token ${id} is revoked; what the registry was shown before ends by itself within minutes.`,
        ],
      })
    }),
  )
}

/** `warden token …`. */
export function addTokenVerbs(program: Command, commandLine: CommandLine): void {
  const token = program.command('token').description('access tokens, in place of passwords')
  listVerb(token, commandLine)
  showVerb(token, commandLine)
  createVerb(token, commandLine)
  revokeVerb(token, commandLine)
}
