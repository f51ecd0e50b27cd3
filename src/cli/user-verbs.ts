import { type Command, Option } from 'commander'
import type { Schemas } from '../client/generated.ts'
import type { SystemRole } from '../protocol/subject.ts'
import { readPassword } from './ask.ts'
import type { CommandLine } from './command-line.ts'
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
import { addUserEndVerbs } from './user-end-verbs.ts'
import { addUserLinkVerb } from './user-link-verb.ts'
import { addUserSetVerb } from './user-set-verb.ts'

const COLUMNS: readonly Column<Schemas['User']>[] = [
  { head: 'user', cell: ({ username }) => username },
  { head: 'display name', cell: ({ displayName }) => displayName },
  { head: 'email', cell: ({ email }) => email },
  { head: 'system role', cell: ({ systemRole }) => systemRole },
  { head: 'state', cell: ({ disabled }) => (disabled ? 'disabled' : 'enabled') },
  { head: 'created', cell: ({ createdAt }) => createdAt },
]

interface CreateOptions extends JsonOption {
  readonly passwordStdin?: boolean
  readonly email?: string
  readonly displayName?: string
  readonly systemRole?: SystemRole
}

async function createUser(
  commandLine: CommandLine,
  name: string,
  options: CreateOptions,
): Promise<void> {
  await withApi(commandLine, async (client) => {
    const password = await readPassword(commandLine, {
      fromStdin: options.passwordStdin === true,
      name: `Password for ${name}`,
      kind: 'new',
    })
    const { email, displayName, systemRole } = options
    const body = { username: name, password, email, displayName, systemRole }
    const { data: user } = await client.call('postUsers', { body })
    reportDone(commandLine, {
      result: user,
      options,
      sentences: [
        `The user ${user.username} is made.`,
        `Next: warden member set PROJECT ${user.username} --role developer`,
      ],
    })
  })
}

const createVerb = (user: Command, commandLine: CommandLine): void => {
  const command = user
    .command('create')
    .description('make a user; the password is asked for, or read from the standard input')
    .argument('<name>')
    .option('--password-stdin', 'read the password from the standard input')
    .option('--email <address>')
    .option('--display-name <text>')
    .addOption(
      new Option('--system-role <role>', 'rights in every project').choices([
        'administrator',
        'auditor',
      ]),
    )
  withJson(command).action((name: string, options: CreateOptions) =>
    createUser(commandLine, name, options),
  )
}

const readVerbs = (user: Command, commandLine: CommandLine): void => {
  const list = user
    .command('list')
    .description('list the users by name')
    .option('--search <text>', 'only those whose name or mail address begins so')
  withListOptions(list).action((options: ListOptions & { readonly search?: string }) =>
    withApi(commandLine, async (client) => {
      const { search, limit } = options
      const listing = await client.collect('getUsers', { query: { search }, atMost: limit })
      const none = 'There are no users.'
      printListing(commandLine, { listing, options, columns: COLUMNS, none })
    }),
  )
  withJson(user.command('show').description('show a user').argument('<name>')).action(
    (name: string, options: JsonOption) =>
      withApi(commandLine, async (client) => {
        const params = { username: name }
        const { data: item } = await client.call('getUsersByUsername', { params })
        printOne(commandLine, { item, options, columns: COLUMNS })
      }),
  )
}

interface SwitchVerb {
  readonly verb: string
  readonly description: string
  readonly disabled: boolean
  readonly effect: string
}

const SWITCHES: readonly SwitchVerb[] = [
  {
    verb: 'disable',
    description: 'let a user sign in no more; rights and memberships stay',
    disabled: true,
    effect: 'is disabled; tokens that were given out before end by themselves within minutes',
  },
  {
    verb: 'enable',
    description: 'let a disabled user sign in again',
    disabled: false,
    effect: 'may sign in again',
  },
]

const switchVerbs = (user: Command, commandLine: CommandLine): void => {
  for (const { verb, description, disabled, effect } of SWITCHES) {
    withJson(user.command(verb).description(description).argument('<name>')).action(
      (name: string, options: JsonOption) =>
        withApi(commandLine, async (client) => {
          const change = { params: { username: name }, body: { disabled } }
          const { data: result } = await client.call('patchUsersByUsername', change)
          const sentences = [`The user ${result.username} ${effect}.`]
          reportDone(commandLine, { result, options, sentences })
        }),
    )
  }
}

/** `warden user …`. */
export function addUserVerbs(program: Command, commandLine: CommandLine): void {
  const user = program.command('user').description('people who may sign in')
  createVerb(user, commandLine)
  readVerbs(user, commandLine)
  addUserSetVerb(user, commandLine)
  addUserLinkVerb(user, commandLine)
  switchVerbs(user, commandLine)
  addUserEndVerbs(user, commandLine)
}
