import { type Command, Option } from 'commander'
import type { Schemas } from '../client/generated.ts'
import {
  CREDENTIAL_ACTIONS,
  type CredentialAction,
  type CredentialPermission,
} from '../protocol/subject.ts'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
import { parseInstant, parseSpan } from './instants.ts'
import type { JsonOption } from './listing.ts'
import { printable, printJson, say } from './output.ts'

export interface PermissionOptions {
  readonly repositories?: readonly string[]
  readonly actions?: readonly CredentialAction[]
}

export interface EndOptions {
  readonly expiresAt?: string
  readonly expiresIn?: string
}

/** Gives a verb the options for what a credential may do. */
export const withPermissions = (command: Command, names: string): Command =>
  command
    .option(
      '--repositories <pattern...>',
      `what it reaches, ${names}: * inside one level, ** for any depth`,
    )
    .addOption(
      new Option('--actions <action...>', 'what it may do there').choices(CREDENTIAL_ACTIONS),
    )

/** Gives a verb the options for when a credential ends. */
export const withEnd = (command: Command): Command =>
  command
    .option('--expires-at <instant>', 'when it ends, such as 2030-12-31T23:59:59Z', parseInstant)
    .addOption(
      new Option('--expires-in <span>', 'the same counted from now, such as 12h, 30d or 4w')
        .argParser(parseSpan)
        .conflicts('expiresAt'),
    )

export const chooseEnd = ({ expiresAt, expiresIn }: EndOptions): string | undefined =>
  expiresAt ?? expiresIn

/**
 * Reads both options as one permission.
 *
 * @returns undefined when neither is given
 * @throws CommandError when one is given without the other
 */
export function choosePermissions({
  repositories,
  actions,
}: PermissionOptions): readonly CredentialPermission[] | undefined {
  if (repositories === undefined && actions === undefined) return undefined
  if (repositories !== undefined && actions !== undefined) return [{ repositories, actions }]
  throw new CommandError(
    "--repositories and --actions belong together, such as --repositories 'demo/**' --actions pull push",
    EXIT.usage,
  )
}

/** In one line, such as `pull push on web/**`. */
export const describePermissions = (permissions: Schemas['AccessToken']['permissions']): string =>
  permissions === null
    ? 'all that its owner may'
    : permissions
        .map(({ actions, repositories }) => `${actions.join(' ')} on ${repositories.join(' ')}`)
        .join('; ')

export const describeEnd = (expiresAt: string | null): string =>
  expiresAt === null ? 'does not end by time' : `ends at ${expiresAt}`

interface SecretInput {
  /** The secret is left out only where a request is repeated, which no verb does. */
  readonly result: { readonly secret?: string | undefined }
  readonly options: JsonOption
  readonly sentences: readonly string[]
}

/** The secret alone on the standard output, so that a file or a program can take it. */
export function reportSecret(
  commandLine: CommandLine,
  { result, options, sentences }: SecretInput,
): void {
  const { secret } = result
  if (secret === undefined) throw new CommandError('the service answered without the secret')
  if (options.json) {
    printJson(commandLine, result)
    return
  }
  commandLine.stdout.write(`${printable(secret)}\n`)
  for (const sentence of sentences) say(commandLine, sentence)
}

/** How docker signs in with a secret that was kept in a file; the shell must not read the `$`. */
export const dockerLogin = (url: string, username: string): string => {
  const name = username.includes('$') ? `'${username}'` : username
  return `docker login ${new URL(url).host} --username ${name} --password-stdin < FILE`
}
