import type { Command } from 'commander'
import type { GroupAnswer, GroupMemberAnswer } from '../client/answers.ts'
import { confirm } from './ask.ts'
import type { CommandLine } from './command-line.ts'
import {
  type Column,
  type JsonOption,
  type ListOptions,
  printListing,
  reportDone,
  withJson,
  withListOptions,
} from './listing.ts'
import { withApi } from './session.ts'

const COLUMNS: readonly Column<GroupAnswer>[] = [
  { head: 'group', cell: ({ name }) => name },
  { head: 'description', cell: ({ description }) => description },
  { head: 'created', cell: ({ createdAt }) => createdAt },
]

const MEMBER_COLUMNS: readonly Column<GroupMemberAnswer>[] = [
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
      const result = await client.createGroup(name, options.description)
      const sentences = [
        `The group ${result.name} is made.`,
        `Next: warden group add ${result.name} USER`,
      ]
      reportDone(commandLine, { result, options, sentences })
    }),
  )
}

const readVerbs = (group: Command, commandLine: CommandLine): void => {
  withListOptions(group.command('list').description('list the groups by name')).action(
    (options: ListOptions) =>
      withApi(commandLine, async (client) => {
        const listing = await client.listGroups(options)
        const none = 'There are no groups.'
        printListing(commandLine, { listing, options, columns: COLUMNS, none })
      }),
  )
  const members = group
    .command('members')
    .description('list who is in a group, by name')
    .argument('<name>')
  withListOptions(members).action((name: string, options: ListOptions) =>
    withApi(commandLine, async (client) => {
      const listing = await client.listGroupMembers(name, options)
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
        await client.addGroupMember(name, username)
        const sentences = [`${username} is in the group ${name}.`]
        reportDone(commandLine, { result: { group: name, username }, options, sentences })
      }),
  )
  declare('remove', 'take a user out of a group').action(
    (name: string, username: string, options: JsonOption) =>
      withApi(commandLine, async (client) => {
        await client.removeGroupMember(name, username)
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
      await client.deleteGroup(name)
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
  memberVerbs(group, commandLine)
  deleteVerb(group, commandLine)
}
