import { type Command, InvalidArgumentError, Option } from 'commander'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
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
import { type JsonOption, withJson } from './listing.ts'
import { createRobot, describeActing, rotateRobotSecret } from './robot-calls.ts'
import { withApi } from './session.ts'

interface CreateOptions extends JsonOption, PermissionOptions, EndOptions {
  readonly project?: string
  readonly description?: string
  readonly network?: readonly string[]
  readonly onBehalfOf?: string
}

const CREATE_HELP = `
The secret stands alone on the standard output and is shown this once. Repositories are named without
the project, or, for a robot of the system, with it. With the action api the robot can use the other
commands, too, as far as its permissions reach.

Examples:
  warden robot create ci --project demo --repositories '**' --actions pull push > secret.txt
  warden robot create mirror --repositories '*/**' --actions pull --expires-in 52w > secret.txt
  warden robot create portal --repositories '**' --actions api pull --on-behalf-of staff > secret.txt
  docker login registry.example.com --username 'robot$demo+ci' --password-stdin < secret.txt`

async function makeRobot(
  commandLine: CommandLine,
  name: string,
  options: CreateOptions,
): Promise<void> {
  const permissions = choosePermissions(options)
  if (permissions === undefined) {
    throw new CommandError('say what it may do: --repositories and --actions', EXIT.usage)
  }
  const { project, description, network: networks, onBehalfOf } = options
  await withApi(commandLine, async (client, { url }) => {
    const expiresAt = chooseEnd(options)
    const robot = { name, permissions, description, networks, onBehalfOf, expiresAt }
    const result = await createRobot(client, project, robot)
    const may = `${describePermissions(result.permissions)}${describeActing(result)}`
    reportSecret(commandLine, {
      result,
      options,
      sentences: [
        `The robot ${result.username} is made: ${may}; it ${describeEnd(result.expiresAt)}. Its secret is shown this once.`,
        `Next: ${dockerLogin(url, result.username)}`,
      ],
    })
  })
}

const createVerb = (robot: Command, commandLine: CommandLine): void => {
  const command = robot
    .command('create')
    .description('make a robot of a project, or of the system')
    .argument('<name>', 'lower-case letters and digits; it signs in as robot$PROJECT+NAME')
    .option('--project <name>', 'project of the robot; without it, a robot of the system')
    .option('--description <text>')
    .option('--network <network...>', 'it gets tokens from these alone, such as 10.0.0.0/8')
    .addOption(
      new Option(
        '--on-behalf-of <group>',
        'a robot of the system that may act for the members of this group',
      ).conflicts('project'),
    )
    .addHelpText('after', CREATE_HELP)
  withJson(withEnd(withPermissions(command, 'by names in the project'))).action(
    (name: string, options: CreateOptions) => makeRobot(commandLine, name, options),
  )
}

function parseSeconds(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('must be a whole number of seconds')
}

interface RotateOptions extends JsonOption {
  readonly project?: string
  readonly overlap?: number
}

const rotateVerb = (robot: Command, commandLine: CommandLine): void => {
  const command = robot
    .command('rotate')
    .description('give a robot a new secret, which is shown this once')
    .argument('<name>')
    .option('--project <name>', 'a robot of this project; without it, of the system')
    .option(
      '--overlap <seconds>',
      'how long the secret before works on, so that machines can be told one after the other; an hour by default, 0 ends it at once',
      parseSeconds,
    )
  withJson(command).action((name: string, options: RotateOptions) =>
    withApi(commandLine, async (client, { url }) => {
      const { project, overlap } = options
      const result = await rotateRobotSecret(client, { project, name }, overlap)
      const end = result.previousSecretEndsAt
      reportSecret(commandLine, {
        result,
        options,
        sentences: [
          `The robot ${result.username} has a new secret, which is shown this once; the one before ends at ${end}.`,
          `Next: ${dockerLogin(url, result.username)}`,
        ],
      })
    }),
  )
}

/** `warden robot create` and `rotate`: those that show a secret. */
export function addRobotSecretVerbs(robot: Command, commandLine: CommandLine): void {
  createVerb(robot, commandLine)
  rotateVerb(robot, commandLine)
}
