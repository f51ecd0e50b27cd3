import { type Command, Option } from 'commander'
import type { MemberAnswer } from '../client/answers.ts'
import { ROLES, type Role } from '../projects/types.ts'
import type { CommandLine } from './command-line.ts'
import { parseInstant } from './instants.ts'
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

const COLUMNS: readonly Column<MemberAnswer>[] = [
  { head: 'user', cell: ({ username }) => username },
  { head: 'role', cell: ({ role }) => role },
  { head: 'repositories', cell: ({ repositories }) => repositories?.join(', ') ?? 'all' },
  { head: 'until', cell: ({ expiresAt }) => expiresAt },
]

interface SetOptions extends JsonOption {
  readonly role: Role
  readonly repositories?: readonly string[]
  readonly expiresAt?: string
}

function describe(project: string, { username, role, repositories, expiresAt }: MemberAnswer) {
  const where = repositories === null ? '' : `, for ${repositories.join(' and ')}`
  const until = expiresAt === null ? '' : `, until ${expiresAt}`
  return `${username} is ${role} in ${project}${where}${until}.`
}

const SET_HELP = `
Roles, the strongest first: ${ROLES.join(', ')}.
A membership is replaced as a whole: without --repositories it is for the whole project, without
--expires-at it does not end.

Examples:
  warden member set acme ann --role developer
  warden member set acme ben --role guest --repositories 'web/**' api --expires-at 2030-12-31T23:59:59Z`

const setVerb = (member: Command, commandLine: CommandLine): void => {
  const command = member
    .command('set')
    .description('make a user a member of a project, or change the membership')
    .argument('<project>')
    .argument('<user>')
    .addOption(
      new Option('--role <role>', 'what the user may do').choices(ROLES).makeOptionMandatory(),
    )
    .option(
      '--repositories <pattern...>',
      'only for these, named without the project: * inside one level, ** for any depth',
    )
    .option('--expires-at <instant>', 'end of the membership', parseInstant)
    .addHelpText('after', SET_HELP)
  withJson(command).action((project: string, user: string, options: SetOptions) =>
    withApi(commandLine, async (client) => {
      const { role, repositories, expiresAt } = options
      const membership = { role, repositories, expiresAt }
      const result = await client.setMember(project, user, membership)
      reportDone(commandLine, { result, options, sentences: [describe(project, result)] })
    }),
  )
}

const listVerb = (member: Command, commandLine: CommandLine): void => {
  const command = member
    .command('list')
    .description('list the members of a project by name')
    .argument('<project>')
  withListOptions(command).action((project: string, options: ListOptions) =>
    withApi(commandLine, async (client) => {
      const listing = await client.listMembers(project, options)
      const none = `The project ${project} has no members.`
      printListing(commandLine, { listing, options, columns: COLUMNS, none })
    }),
  )
}

const removeVerb = (member: Command, commandLine: CommandLine): void => {
  const command = member
    .command('remove')
    .description('end the membership of a user')
    .argument('<project>')
    .argument('<user>')
  withJson(command).action((project: string, user: string, options: JsonOption) =>
    withApi(commandLine, async (client) => {
      await client.removeMember(project, user)
      reportDone(commandLine, {
        result: { project, username: user, removed: true },
        options,
        sentences: [`${user} is no member of ${project} any more.`],
      })
    }),
  )
}

/** `warden member …`. */
export function addMemberVerbs(program: Command, commandLine: CommandLine): void {
  const member = program.command('member').description('who may do what in a project')
  listVerb(member, commandLine)
  setVerb(member, commandLine)
  removeVerb(member, commandLine)
}
