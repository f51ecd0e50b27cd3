import { type Command, Option } from 'commander'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
import {
  choosePermissions,
  describeEnd,
  describePermissions,
  type PermissionOptions,
  withPermissions,
} from './credential-options.ts'
import { parseInstant, parseSpan } from './instants.ts'
import { type JsonOption, reportDone, withJson } from './listing.ts'
import { changeRobot, describeActing, type RobotChange } from './robot-calls.ts'
import { withApi } from './session.ts'

const NEVER = 'never'
const ANYWHERE = 'any'
const NOBODY = ''

interface UpdateOptions extends JsonOption, PermissionOptions {
  readonly project?: string
  readonly description?: string
  readonly network?: readonly string[]
  readonly onBehalfOf?: string
  readonly expiresAt?: string
  readonly expiresIn?: string
}

const orNull = <T>(value: T | undefined, isNothing: boolean): T | null | undefined =>
  isNothing ? null : value

function chooseChange(options: UpdateOptions): RobotChange {
  const { description, network, onBehalfOf, expiresAt = options.expiresIn } = options
  const change = {
    permissions: choosePermissions(options),
    description: orNull(description, description === ''),
    networks: orNull(network, network?.length === 1 && network[0] === ANYWHERE),
    onBehalfOf: orNull(onBehalfOf, onBehalfOf === NOBODY),
    expiresAt: orNull(expiresAt, expiresAt === NEVER),
  }
  if (Object.values(change).some((value) => value !== undefined)) return change
  throw new CommandError('nothing to change: give at least one option', EXIT.usage)
}

const UPDATE_HELP = `
What is not given stays as it is. What the robot may do is replaced as a whole.

Examples:
  warden robot update ci --project demo --repositories 'web/**' --actions pull push
  warden robot update ci --project demo --network any --expires-at never`

/** `warden robot update`. */
export function addRobotUpdateVerb(robot: Command, commandLine: CommandLine): void {
  const command = robot
    .command('update')
    .description('change what a robot may do, from where, or until when')
    .argument('<name>')
    .option('--project <name>', 'a robot of this project; without it, of the system')
    .option('--description <text>', 'an empty one takes it away')
    .option(
      '--network <network...>',
      `it gets tokens from these alone; ${ANYWHERE}: from everywhere`,
    )
    .addOption(
      new Option(
        '--on-behalf-of <group>',
        'it may act for the members of this group; an empty name takes the right away',
      ).conflicts('project'),
    )
    .option('--expires-at <instant>', `when it ends, or ${NEVER}`, (text) =>
      text === NEVER ? NEVER : parseInstant(text),
    )
    .addOption(
      new Option('--expires-in <span>', 'the same counted from now, such as 12h, 30d or 4w')
        .argParser(parseSpan)
        .conflicts('expiresAt'),
    )
    .addHelpText('after', UPDATE_HELP)
  withJson(withPermissions(command, 'by names in the project')).action(
    (name: string, options: UpdateOptions) => {
      const change = chooseChange(options)
      return withApi(commandLine, async (client) => {
        const result = await changeRobot(client, { project: options.project, name }, change)
        const may = `${describePermissions(result.permissions)}${describeActing(result)}`
        const sentence = `The robot ${result.username} is changed: ${may}; it ${describeEnd(result.expiresAt)}.`
        reportDone(commandLine, { result, options, sentences: [sentence] })
      })
    },
  )
}
