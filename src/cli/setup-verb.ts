import { isIP } from 'node:net'
import { type Command, InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import { VARIABLES } from '../config/variables.ts'
import type { CommandLine } from './command-line.ts'
import { type SetupOptions, setUp } from './setup.ts'

const parse =
  (schema: z.ZodType<string>) =>
  (text: string): string => {
    const { data, error } = schema.safeParse(text)
    if (data === undefined) throw new InvalidArgumentError(error?.issues[0]?.message ?? '')
    return data
  }

/** An address that says its scheme's own port, such as https://host:443, loses it. */
const parseUrl = (text: string): string =>
  new URL(parse(VARIABLES.WARDEN_PUBLIC_URL)(text)).href.replace(/\/+$/, '')

function parseHosts(text: string, earlier: readonly string[] = []): readonly string[] {
  const hosts = text.split(',').flatMap((part) => part.trim() || [])
  const bad = hosts.find((host) => isIP(host) === 0 && !/^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(host))
  if (bad === undefined) return [...earlier, ...hosts]
  throw new InvalidArgumentError(`${bad} is not a host name or an address (without a port)`)
}

function parseUid(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('must be the number of a user')
}

/** `warden setup`: what the services of a composition find in their volumes. */
export function addSetupVerb(program: Command, commandLine: CommandLine): void {
  program
    .command('setup')
    .description(
      'for compose: write authorities, certificates, secrets and the registry configuration into their folders; what is there already is kept, so it may run before every start',
    )
    .option(
      '--certs <dir>',
      'token authority (token-ca/) and the bundle for the registry (bundle/)',
    )
    .option('--tls <dir>', 'certificate and key for nginx; certificates of your own are kept')
    .option('--tls-authority <dir>', 'authority of that certificate, needed by nobody else')
    .option('--host <names>', 'name for that certificate; more with commas or again', parseHosts)
    .option(
      '--secrets <dir>',
      'random secrets, a sub folder per service: mysql/, warden/, registry/',
    )
    .option('--registry-config <file>', 'configuration of the registry, its http secret included')
    .option('--public-url <url>', 'address that clients use', parseUrl)
    .option(
      '--service <name>',
      'audience of the tokens',
      parse(VARIABLES.WARDEN_SERVICE),
      'registry-warden',
    )
    .option(
      '--issuer <name>',
      'issuer of the tokens',
      parse(VARIABLES.WARDEN_ISSUER),
      'registry-warden',
    )
    .option('--uid <number>', 'user and group of the service, who get its files', parseUid)
    .action((options: SetupOptions) => setUp(commandLine, options))
}
