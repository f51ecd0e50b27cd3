import { type Command, Option } from 'commander'
import type { Operations } from '../client/generated.ts'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
import { type JsonOption, reportDone, withJson } from './listing.ts'
import { withApi } from './session.ts'

const NOTHING = 'none'

type Change = Operations['patchUsersByUsername']['body']

interface SetOptions extends JsonOption {
  readonly email?: string
  readonly displayName?: string
  readonly systemRole?: 'administrator' | 'auditor' | typeof NOTHING
}

const orNull = (text: string | undefined): string | null | undefined => (text === '' ? null : text)

function chooseChange({ email, displayName, systemRole }: SetOptions): Change {
  const change = {
    email: orNull(email),
    displayName: orNull(displayName),
    systemRole: systemRole === NOTHING ? null : systemRole,
  }
  if (Object.values(change).some((value) => value !== undefined)) return change
  throw new CommandError('nothing to change: give at least one option', EXIT.usage)
}

/** `warden user set`. */
export function addUserSetVerb(user: Command, commandLine: CommandLine): void {
  const roles = ['administrator', 'auditor', NOTHING]
  const command = user
    .command('set')
    .description('change what is said of a user, or the rights in every project')
    .argument('<name>')
    .option('--email <address>', 'an empty one takes it away')
    .option('--display-name <text>', 'an empty one takes it away')
    .addOption(new Option('--system-role <role>', 'rights in every project').choices(roles))
  withJson(command).action((name: string, options: SetOptions) => {
    const body = chooseChange(options)
    return withApi(commandLine, async (client) => {
      const change = { params: { username: name }, body }
      const { data: result } = await client.call('patchUsersByUsername', change)
      const role = result.systemRole === null ? '' : `; system role ${result.systemRole}`
      const sentences = [`The user ${result.username} is changed${role}.`]
      reportDone(commandLine, { result, options, sentences })
    })
  })
}
