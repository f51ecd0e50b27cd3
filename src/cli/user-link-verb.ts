import type { Command } from 'commander'
import type { CommandLine } from './command-line.ts'
import { type JsonOption, reportDone, withJson } from './listing.ts'
import { withApi } from './session.ts'

interface LinkOptions extends JsonOption {
  readonly source: string
  readonly subject?: string
}

const nextOf = (name: string, source: string): readonly string[] =>
  source === 'local' ? [`Next: give it a password with: warden user password ${name}`] : []

/** `warden user link`. */
export function addUserLinkVerb(user: Command, commandLine: CommandLine): void {
  const command = user
    .command('link')
    .description('say which source proves a user from now on: local, ldap or an issuer')
    .argument('<name>')
    .requiredOption('--source <source>', 'local, ldap, or the name of an issuer')
    .option('--subject <id>', 'who it is there: sub, entryUUID or objectGUID')
  withJson(command).action((name: string, options: LinkOptions) =>
    withApi(commandLine, async (client) => {
      const { source, subject } = options
      const { data: result } = await client.call('putUsersIdentity', {
        params: { username: name },
        body: { source, subject },
      })
      const sentences = [
        `The user ${result.username} is an account of the source ${result.source} now.`,
        ...nextOf(result.username, result.source),
      ]
      reportDone(commandLine, { result, options, sentences })
    }),
  )
}
