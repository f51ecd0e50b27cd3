import type { Command } from 'commander'
import { confirm, readPassword } from './ask.ts'
import type { CommandLine } from './command-line.ts'
import { type JsonOption, reportDone, withJson } from './listing.ts'
import { withApi } from './session.ts'

interface PasswordOptions extends JsonOption {
  readonly passwordStdin?: boolean
}

/** The old password is that of the session: whoever runs this knows it. */
async function setPassword(
  commandLine: CommandLine,
  name: string,
  options: PasswordOptions,
): Promise<void> {
  await withApi(commandLine, async (client, { credentials }) => {
    const signedIn =
      credentials !== undefined && 'password' in credentials ? credentials : undefined
    const own = signedIn?.username.toLowerCase() === name.toLowerCase() ? signedIn : undefined
    const password = await readPassword(commandLine, {
      fromStdin: options.passwordStdin === true,
      name: `New password for ${name}`,
      kind: 'new',
    })
    if (own === undefined) {
      const params = { username: name }
      await client.call('patchUsersByUsername', { params, body: { password } })
    } else {
      const body = { currentPassword: own.password, newPassword: password }
      await client.call('putMePassword', { body })
    }
    const next = own ? ['Next: sign in again with: warden login'] : []
    reportDone(commandLine, {
      result: { username: name.toLowerCase(), passwordChanged: true },
      options,
      sentences: [`The password of ${name.toLowerCase()} is changed.`, ...next],
    })
  })
}

const passwordVerb = (user: Command, commandLine: CommandLine): void => {
  const command = user
    .command('password')
    .description('give a user another password, or yourself; it is asked for, or read')
    .argument('<name>')
    .option('--password-stdin', 'read the new password from the standard input')
  withJson(command).action((name: string, options: PasswordOptions) =>
    setPassword(commandLine, name, options),
  )
}

interface DeleteOptions extends JsonOption {
  readonly yes?: boolean
}

const deleteVerb = (user: Command, commandLine: CommandLine): void => {
  const command = user
    .command('delete')
    .description('delete a user for ever; the name is never given again')
    .argument('<name>')
    .option('--yes', 'do not ask whether you are sure')
  withJson(command).action((name: string, options: DeleteOptions) =>
    withApi(commandLine, async (client) => {
      await confirm(commandLine, {
        question: `Delete the user ${name}? The name can never be used again.`,
        isAgreed: options.yes === true,
      })
      await client.call('deleteUsersByUsername', { params: { username: name } })
      reportDone(commandLine, {
        result: { username: name, deleted: true },
        options,
        sentences: [`The user ${name} is deleted.`],
      })
    }),
  )
}

const resetVerb = (user: Command, commandLine: CommandLine): void => {
  const command = user
    .command('reset-password')
    .description('have a link for a new password mailed to a user, such as yourself')
    .argument('<name>')
  withJson(command).action((name: string, options: JsonOption) =>
    withApi(commandLine, async (client) => {
      await client.call('postSigninPasswordReset', { body: { username: name } })
      reportDone(commandLine, {
        result: { username: name.toLowerCase(), requested: true },
        options,
        sentences: [
          `If there is such an account with a mail address, a link is on its way to ${name}.`,
          'It works once, for 30 minutes. Nobody is told whether there is an account.',
        ],
      })
    }),
  )
}

/** `warden user password`, `warden user reset-password` and `warden user delete`. */
export function addUserEndVerbs(user: Command, commandLine: CommandLine): void {
  passwordVerb(user, commandLine)
  resetVerb(user, commandLine)
  deleteVerb(user, commandLine)
}
