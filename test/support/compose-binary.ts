import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const CACHE = resolve('node_modules/.cache/registry-warden')
/** Debian's first release with Compose 2; its binary needs nothing but the C library. */
const SUITE = 'trixie'
const IN_PACKAGE = 'usr/libexec/docker/cli-plugins/docker-compose'
const TIMEOUT_MS = 120_000

const SOURCE_FILES = /\.(list|sources)$/
const DEBIAN_URI = /^(?:deb\s+(?:\[[^\]]*\]\s+)?|URIs:\s*)(\S+\/debian)\/?(?:\s|$)/m

const readIfThere = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '')

/** Where this machine gets its own packages from. */
export async function findMirror(): Promise<string | undefined> {
  const folder = '/etc/apt/sources.list.d'
  const names = await readdir(folder).catch(() => [])
  const paths = names.filter((name) => SOURCE_FILES.test(name)).map((name) => join(folder, name))
  const texts = await Promise.all(['/etc/apt/sources.list', ...paths].map(readIfThere))
  return texts.map((text) => DEBIAN_URI.exec(text)?.[1]).find((uri) => uri !== undefined)
}

/** Lists and cache of apt's in that folder, so that those of the system stay as they are. */
const aptOptions = (dir: string): string[] =>
  [
    `Dir::State=${join(dir, 'state')}`,
    `Dir::State::status=/var/lib/dpkg/status`,
    `Dir::Cache=${join(dir, 'cache')}`,
    `Dir::Etc::sourcelist=${join(dir, 'sources.list')}`,
    'Dir::Etc::sourceparts=-',
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['--option', option])

async function unpackCompose(dir: string, mirror: string): Promise<string> {
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
  const source = `deb [signed-by=${keyring}] ${mirror} ${SUITE} main\n`
  await mkdir(join(dir, 'state/lists/partial'), { recursive: true })
  await mkdir(join(dir, 'cache/archives/partial'), { recursive: true })
  await writeFile(join(dir, 'sources.list'), source)
  const limits = { cwd: dir, timeout: TIMEOUT_MS }
  await run('apt-get', [...aptOptions(dir), 'update'], limits)
  await run('apt-get', [...aptOptions(dir), 'download', 'docker-compose'], limits)
  const [archive = ''] = (await readdir(dir)).filter((name) => name.endsWith('.deb'))
  await run('dpkg', ['--extract', archive, 'package'], limits)
  return join(dir, 'package', IN_PACKAGE)
}

/**
 * Path of a Docker Compose 2 binary that is called directly. It comes from Debian's package, once;
 * nothing is installed.
 *
 * @returns undefined when it can neither be found nor fetched
 */
export async function findCompose(): Promise<string | undefined> {
  const path = join(CACHE, 'docker-compose')
  if (existsSync(path)) return path
  const mirror = await findMirror()
  if (mirror === undefined) return undefined
  await mkdir(dirname(path), { recursive: true })
  const dir = await mkdtemp(join(CACHE, 'compose-'))
  try {
    await rename(await unpackCompose(dir, mirror), path)
    return path
  } catch {
    return undefined
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

export interface Composition {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly networks: Readonly<Record<string, ComposeNetwork>>
}

export interface ComposeNetwork {
  readonly internal?: boolean
  readonly ipam?: { readonly config?: readonly { readonly subnet: string }[] }
}

export interface ComposeService {
  readonly image: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly command: readonly string[] | null
  readonly user?: string
  readonly privileged?: boolean
  readonly read_only?: boolean
  readonly tmpfs?: readonly string[]
  readonly cap_add?: readonly string[]
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly restart: string
  readonly network_mode?: string
  readonly networks?: Readonly<Record<string, unknown>>
  readonly deploy?: { readonly replicas?: number }
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly { readonly host_ip: string; readonly published: string }[]
  readonly volumes?: readonly ComposeMount[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean }
  readonly logging?: { readonly options: Readonly<Record<string, string>> }
}

export interface ComposeMount {
  readonly type: 'bind' | 'volume'
  readonly source: string
  readonly target: string
  readonly read_only?: boolean
}

/** What Compose makes of the files, with these variables and no others. */
export async function renderComposition(
  binary: string,
  files: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly composition: Composition; readonly warnings: string }> {
  const args = files.flatMap((file) => ['--file', resolve('compose', file)])
  // A .env beside the files, which a developer may have, stays out.
  const all = ['--env-file', '/dev/null', ...args, 'config', '--format', 'json']
  const { stdout, stderr } = await run(binary, all, { env: { PATH: '/usr/bin:/bin', ...env } })
  return { composition: JSON.parse(stdout) as Composition, warnings: stderr }
}
