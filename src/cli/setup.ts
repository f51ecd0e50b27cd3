import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ensureTlsServer, refuseSharedAuthority } from '../signing/tls-authority.ts'
import {
  type AuthorityPaths,
  ensureBundle,
  preparePendingAuthority,
  readAuthority,
  readCertificates,
  type TokenAuthority,
} from '../signing/token-authority.ts'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
import { say } from './output.ts'
import { renderRegistryConfig } from './render-registry-config.ts'
import {
  givePrivateFolder,
  keepSharedSecret,
  readIfThere,
  replacePrivateFile,
} from './setup-files.ts'

/** In the folder of the project, seen from the compiled file. */
const TEMPLATE = new URL('../../../registry-config.yml', import.meta.url)
const NOTIFICATIONS_SECRET = 'notifications-secret'
const COLLECTOR_SECRET = 'gc-collector-secret'
const ALWAYS_HOSTS = ['localhost', '127.0.0.1']

/** Folders and files to fill; what is not given is not set up. */
export interface SetupOptions {
  readonly certs?: string
  readonly tlsAuthority?: string
  readonly tls?: string
  readonly host?: readonly string[]
  readonly secrets?: string
  readonly registryConfig?: string
  readonly publicUrl?: string
  readonly service: string
  readonly issuer: string
  /** User and group of the service; undefined leaves every owner alone. */
  readonly uid?: number
}

const misuse = (message: string): CommandError => new CommandError(message, EXIT.usage)

function refuseMisuse(options: SetupOptions): void {
  const { certs, tls, tlsAuthority, secrets, registryConfig, publicUrl } = options
  if ((tls === undefined) !== (tlsAuthority === undefined)) {
    throw misuse('--tls and --tls-authority belong together; give both or neither')
  }
  if (registryConfig !== undefined && (publicUrl === undefined || secrets === undefined)) {
    throw misuse('--registry-config needs --public-url and --secrets')
  }
  if ([certs, tls, secrets].every((dir) => dir === undefined)) {
    throw misuse('nothing to set up: give --certs, --tls with --tls-authority, or --secrets')
  }
}

const pathsIn = (certs: string): AuthorityPaths => ({
  authorityPath: join(certs, 'token-ca', 'ca.pem'),
  bundlePath: join(certs, 'bundle', 'ca.crt'),
})

/** An authority in force stays; a new one comes into force when the service takes it (R2). */
async function setUpTokens(
  commandLine: CommandLine,
  { certs, uid }: SetupOptions,
): Promise<TokenAuthority | undefined> {
  if (certs === undefined) return undefined
  const paths = pathsIn(certs)
  const early = await readAuthority(paths.authorityPath)
  const pending = early ?? (await preparePendingAuthority(paths, new Date()))
  // The service may have taken it between the two looks.
  const authority = early ?? (await readAuthority(paths.authorityPath)) ?? pending
  const isWritten = await ensureBundle(paths, authority)
  await givePrivateFolder(dirname(paths.authorityPath), uid)
  const state = isWritten ? 'written; a registry that runs already must be restarted' : 'kept'
  say(commandLine, `Token authority ${authority.fingerprint}, bundle ${state}.`)
  return authority
}

/** A certificate that did not come from our TLS authority is the operator's own. */
async function isOwnCertificate(authorityDir: string, path: string): Promise<boolean> {
  const [certificate] = readCertificates((await readIfThere(path)) ?? '')
  if (certificate === undefined) return false
  const [ca] = readCertificates((await readIfThere(join(authorityDir, 'ca.pem'))) ?? '')
  return ca === undefined || !certificate.verify(ca.publicKey)
}

async function setUpTls(
  commandLine: CommandLine,
  { tls: serverDir, tlsAuthority: authorityDir, host = [] }: SetupOptions,
  authority: TokenAuthority | undefined,
): Promise<void> {
  if (serverDir === undefined || authorityDir === undefined) return
  const path = join(serverDir, 'server.crt')
  if (await isOwnCertificate(authorityDir, path)) {
    say(commandLine, `The TLS certificate ${path} is one of your own: kept as it is.`)
  } else {
    const hosts = [...new Set([...host, ...ALWAYS_HOSTS])]
    const isWritten = await ensureTlsServer({ authorityDir, serverDir }, { hosts, now: new Date() })
    const state = isWritten ? 'written; an nginx that runs already must be reloaded' : 'kept'
    say(commandLine, `TLS certificate for ${hosts.join(', ')} ${state}.`)
  }
  if (authority !== undefined) refuseSharedAuthority(await readFile(path, 'utf8'), authority)
}

/** Each sub folder is for one service, which mounts no other (R1). */
async function setUpSecrets(
  commandLine: CommandLine,
  { secrets, uid }: SetupOptions,
): Promise<void> {
  if (secrets === undefined) return
  const [mysql, warden] = [join(secrets, 'mysql'), join(secrets, 'warden')]
  const collector = join(secrets, 'collector')
  await keepSharedSecret([join(mysql, 'db-root-password')])
  await keepSharedSecret([join(mysql, 'db-password'), join(warden, 'db-password')])
  await keepSharedSecret([join(warden, 'admin-password')])
  await keepSharedSecret([join(warden, NOTIFICATIONS_SECRET)])
  await keepSharedSecret([join(collector, COLLECTOR_SECRET), join(warden, COLLECTOR_SECRET)])
  await givePrivateFolder(mysql, undefined)
  await givePrivateFolder(collector, undefined)
  await givePrivateFolder(warden, uid)
  say(commandLine, `Secrets stand in ${mysql}, ${warden} and ${collector}.`)
}

async function setUpRegistry(commandLine: CommandLine, options: SetupOptions): Promise<void> {
  const { secrets, registryConfig, publicUrl, service, issuer } = options
  if (secrets === undefined || registryConfig === undefined || publicUrl === undefined) return
  const httpSecret = await keepSharedSecret([join(secrets, 'registry', 'http-secret')])
  const notificationsSecret = await keepSharedSecret([
    join(secrets, 'warden', NOTIFICATIONS_SECRET),
  ])
  await givePrivateFolder(join(secrets, 'registry'), undefined)
  const settings = { publicUrl, service, issuer, httpSecret, notificationsSecret }
  const template = await readFile(TEMPLATE, 'utf8')
  await replacePrivateFile(registryConfig, renderRegistryConfig(template, settings))
  say(commandLine, `Registry configuration for ${publicUrl} written to ${registryConfig}.`)
}

/**
 * Fills the volumes of a composition. What is there already is kept, so it may run before every
 * start; only the registry's configuration is written anew.
 *
 * @throws CommandError (2) when options do not go together
 * @throws Error when the TLS certificate stands under the token authority (R1)
 */
export async function setUp(commandLine: CommandLine, options: SetupOptions): Promise<void> {
  refuseMisuse(options)
  const authority = await setUpTokens(commandLine, options)
  await setUpTls(commandLine, options, authority)
  await setUpSecrets(commandLine, options)
  await setUpRegistry(commandLine, options)
}
