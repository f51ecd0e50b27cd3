import type { Command } from 'commander'
import type { Schemas } from '../client/generated.ts'
import { confirm } from './ask.ts'
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

const COLUMNS: readonly Column<Schemas['Group']>[] = [
  { head: 'group', cell: ({ name }) => name },
  { head: 'description', cell: ({ description }) => description },
  { head: 'created', cell: ({ createdAt }) => createdAt },
]

const MEMBER_COLUMNS: readonly Column<Schemas['GroupMember']>[] = [
  { head: 'user', cell: ({ username }) => username },
]

interface CreateOptions extends JsonOption {
  readonly description?: string
}

const createVerb = (group: Command, commandLine: CommandLine): void => {
  const command = group
    .command('create')
    .description('make a group without members')
    .argument('<name>')
    .option('--description <text>', 'what it is for')
  withJson(command).action((name: string, options: CreateOptions) =>
    withApi(commandLine, async (client) => {
      const body = { name, description: options.description }
      const { data: result } = await client.call('postGroups', { body })
      const sentences = [
        `The group ${result.name} is made.`,
        `Next: warden group add ${result.name} USER`,
      ]
      reportDone(commandLine, { result, options, sentences })
    }),
  )
}

const setVerb = (group: Command, commandLine: CommandLine): void => {
  const command = group
    .command('set')
    .description('change what is said of a group')
    .argument('<name>')
    .requiredOption('--description <text>', 'what it is for; an empty one takes it away')
  withJson(command).action((name: string, options: JsonOption & { readonly description: string }) =>
    withApi(commandLine, async (client) => {
      const body = { description: options.description === '' ? null : options.description }
      const change = { params: { group: name }, body }
      const { data: result } = await client.call('patchGroupsByGroup', change)
      reportDone(commandLine, {
        result,
        options,
        sentences: [`The group ${result.name} is changed.`],
      })
    }),
  )
}

const readVerbs = (group: Command, commandLine: CommandLine): void => {
  withListOptions(group.command('list').description('list the groups by name')).action(
    (options: ListOptions) =>
      withApi(commandLine, async (client) => {
        const listing = await client.collect('getGroups', { atMost: options.limit })
        const none = 'There are no groups.'
        printListing(commandLine, { listing, options, columns: COLUMNS, none })
      }),
  )
  withJson(group.command('show').description('show a group').argument('<name>')).action(
    (name: string, options: JsonOption) =>
      withApi(commandLine, async (client) => {
        const { data: item } = await client.call('getGroupsByGroup', { params: { group: name } })
        printOne(commandLine, { item, options, columns: COLUMNS })
      }),
  )
  const members = group
    .command('members')
    .description('list who is in a group, by name')
    .argument('<name>')
  withListOptions(members).action((name: string, options: ListOptions) =>
    withApi(commandLine, async (client) => {
      const listing = await client.collect('getGroupsMembers', {
        params: { group: name },
        atMost: options.limit,
      })
      const none = `Nobody is in the group ${name}.`
      printListing(commandLine, { listing, options, columns: MEMBER_COLUMNS, none })
    }),
  )
}

const memberVerbs = (group: Command, commandLine: CommandLine): void => {
  const declare = (verb: string, description: string): Command =>
    withJson(group.command(verb).description(description).argument('<name>').argument('<user>'))
  declare('add', 'put a user into a group').action(
    (name: string, username: string, options: JsonOption) =>
      withApi(commandLine, async (client) => {
        await client.call('putGroupsMembersByUsername', { params: { group: name, username } })
        const sentences = [`${username} is in the group ${name}.`]
        reportDone(commandLine, { result: { group: name, username }, options, sentences })
      }),
  )
  declare('remove', 'take a user out of a group').action(
    (name: string, username: string, options: JsonOption) =>
      withApi(commandLine, async (client) => {
        await client.call('deleteGroupsMembersByUsername', { params: { group: name, username } })
        const result = { group: name, username, removed: true }
        const sentences = [`${username} is in the group ${name} no more.`]
        reportDone(commandLine, { result, options, sentences })
      }),
  )
}

interface DeleteOptions extends JsonOption {
  readonly yes?: boolean
}

const deleteVerb = (group: Command, commandLine: CommandLine): void => {
  const command = group
    .command('delete')
    .description('delete a group, with the rights that it gives; its users stay')
    .argument('<name>')
    .option('--yes', 'do not ask whether you are sure')
  withJson(command).action((name: string, options: DeleteOptions) =>
    withApi(commandLine, async (client) => {
      const question = `Delete the group ${name}? Who has rights through it loses them.`
      await confirm(commandLine, { question, isAgreed: options.yes === true })
      await client.call('deleteGroupsByGroup', { params: { group: name } })
      const sentences = [`The group ${name} is deleted.`]
      reportDone(commandLine, { result: { group: name, deleted: true }, options, sentences })
    }),
  )
}

/** `warden group …`. */
export function addGroupVerbs(program: Command, commandLine: CommandLine): void {
  const group = program.command('group').description('people who get rights together')
  createVerb(group, commandLine)
  readVerbs(group, commandLine)
  setVerb(group, commandLine)
  memberVerbs(group, commandLine)
  deleteVerb(group, commandLine)
}
