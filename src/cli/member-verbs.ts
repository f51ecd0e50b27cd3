import { type Command, Option } from 'commander'
import { ROLES, type Role } from '../projects/types.ts'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
import { parseInstant } from './instants.ts'
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
import {
  type MemberAnswer,
  type MemberName,
  readMember,
  removeMember,
  setMember,
} from './member-calls.ts'
import { withApi } from './session.ts'

const COLUMNS: readonly Column<MemberAnswer>[] = [
  { head: 'user', cell: (member) => ('username' in member ? member.username : undefined) },
  { head: 'group', cell: (member) => ('group' in member ? member.group : undefined) },
  { head: 'role', cell: ({ role }) => role },
  { head: 'repositories', cell: ({ repositories }) => repositories?.join(', ') ?? 'all' },
  { head: 'until', cell: ({ expiresAt }) => expiresAt },
]

interface SetOptions extends JsonOption {
  readonly group?: string
  readonly role: Role
  readonly repositories?: readonly string[]
  readonly expiresAt?: string
}

const nameOf = ({ kind, name }: MemberName): string =>
  kind === 'group' ? `The group ${name}` : name

interface MemberOptions extends JsonOption {
  readonly group?: string
}

/** The member that a command line means: the argument is a user, the option a group. */
function memberOf(user: string | undefined, { group }: MemberOptions): MemberName {
  if (user !== undefined && group === undefined) return { kind: 'user', name: user }
  if (user === undefined && group !== undefined) return { kind: 'group', name: group }
  throw new CommandError('name one user, or one group with --group', EXIT.usage)
}

function describe(project: string, answer: MemberAnswer): string {
  const { role, repositories, expiresAt } = answer
  const who = 'username' in answer ? answer.username : `The group ${answer.group}`
  const where = repositories === null ? '' : `, for ${repositories.join(' and ')}`
  const until = expiresAt === null ? '' : `, until ${expiresAt}`
  return `${who} is ${role} in ${project}${where}${until}.`
}

const SET_HELP = `
Roles, the strongest first: ${ROLES.join(', ')}.
A membership is replaced as a whole: without --repositories it is for the whole project, without
--expires-at it does not end.

Examples:
  warden member set acme ann --role developer
  warden member set acme --group ops --role maintainer
  warden member set acme ben --role guest --repositories 'web/**' api --expires-at 2030-12-31T23:59:59Z`

const setVerb = (member: Command, commandLine: CommandLine): void => {
  const command = member
    .command('set')
    .description('make a user or a group a member of a project, or change the membership')
    .argument('<project>')
    .argument('[user]')
    .option('--group <group>', 'all who are in this group, instead of a user')
    .addOption(
      new Option('--role <role>', 'what the user may do').choices(ROLES).makeOptionMandatory(),
    )
    .option(
      '--repositories <pattern...>',
      'only for these, named without the project: * inside one level, ** for any depth',
    )
    .option('--expires-at <instant>', 'end of the membership', parseInstant)
    .addHelpText('after', SET_HELP)
  withJson(command).action((project: string, user: string | undefined, options: SetOptions) =>
    withApi(commandLine, async (client) => {
      const { role, repositories, expiresAt } = options
      const membership = { role, repositories, expiresAt }
      const result = await setMember(client, project, { ...memberOf(user, options), membership })
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
      const { limit } = options
      const listing = await client.collect('getProjectsMembers', {
        params: { project },
        atMost: limit,
      })
      const none = `The project ${project} has no members.`
      printListing(commandLine, { listing, options, columns: COLUMNS, none })
    }),
  )
}

const showVerb = (member: Command, commandLine: CommandLine): void => {
  const command = member
    .command('show')
    .description('show one membership')
    .argument('<project>')
    .argument('[user]')
    .option('--group <group>', 'that of a group, instead of a user')
  withJson(command).action((project: string, user: string | undefined, options: MemberOptions) =>
    withApi(commandLine, async (client) => {
      const item = await readMember(client, project, memberOf(user, options))
      printOne(commandLine, { item, options, columns: COLUMNS })
    }),
  )
}

const removeVerb = (member: Command, commandLine: CommandLine): void => {
  const command = member
    .command('remove')
    .description('end the membership of a user or a group')
    .argument('<project>')
    .argument('[user]')
    .option('--group <group>', 'a group, instead of a user')
  withJson(command).action((project: string, user: string | undefined, options: MemberOptions) =>
    withApi(commandLine, async (client) => {
      const member = memberOf(user, options)
      await removeMember(client, project, member)
      const key = member.kind === 'group' ? 'group' : 'username'
      reportDone(commandLine, {
        result: { project, [key]: member.name, removed: true },
        options,
        sentences: [`${nameOf(member)} is no member of ${project} any more.`],
      })
    }),
  )
}

/** `warden member …`. */
export function addMemberVerbs(program: Command, commandLine: CommandLine): void {
  const member = program.command('member').description('who may do what in a project')
  listVerb(member, commandLine)
  showVerb(member, commandLine)
  setVerb(member, commandLine)
  removeVerb(member, commandLine)
}
