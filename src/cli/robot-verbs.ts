import type { Command } from 'commander'
import type { Schemas } from '../client/generated.ts'
import { confirm } from './ask.ts'
import type { CommandLine } from './command-line.ts'
import { describeEnd, describePermissions } from './credential-options.ts'
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
import { changeRobot, deleteRobot, listRobots, readRobot } from './robot-calls.ts'
import { addRobotSecretVerbs } from './robot-secret-verbs.ts'
import { addRobotUpdateVerb } from './robot-update-verb.ts'
import { withApi } from './session.ts'

const COLUMNS: readonly Column<Schemas['Robot']>[] = [
  { head: 'robot', cell: ({ name }) => name },
  { head: 'signs in as', cell: ({ username }) => username },
  { head: 'may', cell: ({ permissions }) => describePermissions(permissions) },
  { head: 'state', cell: ({ disabled }) => (disabled ? 'disabled' : 'enabled') },
  { head: 'until', cell: ({ expiresAt }) => expiresAt },
  { head: 'last used', cell: ({ lastUsedAt }) => lastUsedAt },
]

const ALL_COLUMNS: readonly Column<Schemas['Robot']>[] = [
  ...COLUMNS,
  { head: 'networks', cell: ({ networks }) => networks?.join(' ') ?? 'all' },
  { head: 'acts for', cell: ({ onBehalfOf }) => onBehalfOf },
  { head: 'description', cell: ({ description }) => description },
  { head: 'old secret until', cell: ({ previousSecretEndsAt }) => previousSecretEndsAt },
  { head: 'created', cell: ({ createdAt }) => createdAt },
]

interface PlaceOption {
  readonly project?: string
}

const PROJECT = ['--project <name>', 'a robot of this project; without it, of the system'] as const

const listVerb = (robot: Command, commandLine: CommandLine): void => {
  const command = robot
    .command('list')
    .description('list the robots of a project, or those of the system')
    .option('--project <name>', 'robots of this project; without it, those of the system')
  withListOptions(command).action((options: ListOptions & PlaceOption) =>
    withApi(commandLine, async (client) => {
      const { project, limit } = options
      const listing = await listRobots(client, project, limit)
      const none =
        project === undefined
          ? 'There are no robots of the system. Those of a project: --project NAME'
          : `There are no robots in ${project}.`
      printListing(commandLine, { listing, options, columns: COLUMNS, none })
    }),
  )
}

const readVerb = (robot: Command, commandLine: CommandLine): void => {
  const command = robot
    .command('read')
    .alias('show')
    .description('show a robot')
    .argument('<name>', 'without robot$ and the project')
    .option(...PROJECT)
  withJson(command).action((name: string, options: JsonOption & PlaceOption) =>
    withApi(commandLine, async (client) => {
      const item = await readRobot(client, { project: options.project, name })
      printOne(commandLine, { item, options, columns: ALL_COLUMNS })
    }),
  )
}

const SWITCHES = [
  {
    verb: 'disable',
    description: 'let a robot sign in no more; what it may do stays',
    disabled: true,
    effect: 'is disabled; tokens that were given out before end by themselves within minutes',
  },
  {
    verb: 'enable',
    description: 'let a disabled robot sign in again',
    disabled: false,
    effect: 'may sign in again',
  },
] as const

const switchVerbs = (robot: Command, commandLine: CommandLine): void => {
  for (const { verb, description, disabled, effect } of SWITCHES) {
    const command = robot
      .command(verb)
      .description(description)
      .argument('<name>')
      .option(...PROJECT)
    withJson(command).action((name: string, options: JsonOption & PlaceOption) =>
      withApi(commandLine, async (client) => {
        const place = { project: options.project, name }
        const result = await changeRobot(client, place, { disabled })
        const end = disabled ? '' : `; it ${describeEnd(result.expiresAt)}`
        const sentences = [`The robot ${result.username} ${effect}${end}.`]
        reportDone(commandLine, { result, options, sentences })
      }),
    )
  }
}

const deleteVerb = (robot: Command, commandLine: CommandLine): void => {
  const command = robot
    .command('delete')
    .description('delete a robot and what it may do')
    .argument('<name>')
    .option(...PROJECT)
    .option('-y, --yes', 'do not ask; needed where there is no terminal')
  withJson(command).action(
    (name: string, options: JsonOption & PlaceOption & { readonly yes?: boolean }) =>
      withApi(commandLine, async (client) => {
        const { project } = options
        const where = project === undefined ? 'of the system' : `of ${project}`
        const question = `Delete the robot ${name} ${where}?`
        await confirm(commandLine, { question, isAgreed: options.yes === true })
        await deleteRobot(client, { project, name })
        reportDone(commandLine, {
          result: { project: project ?? null, name, deleted: true },
          options,
          sentences: [`The robot ${name} ${where} is gone.`],
        })
      }),
  )
}

/** `warden robot …`. */
export function addRobotVerbs(program: Command, commandLine: CommandLine): void {
  const robot = program.command('robot').description('accounts of machines')
  listVerb(robot, commandLine)
  addRobotSecretVerbs(robot, commandLine)
  readVerb(robot, commandLine)
  addRobotUpdateVerb(robot, commandLine)
  switchVerbs(robot, commandLine)
  deleteVerb(robot, commandLine)
}
