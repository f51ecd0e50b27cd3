import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { PROJECT_DIR, plainEnvironment, requireCommand } from './commands.ts'
import { type Part, startPart } from './part.ts'
import { assertPortFree, hasLoopbackV6, LOOPBACK } from './ports.ts'
import { makePrivateDir } from './secrets.ts'
import { answers } from './wait-until.ts'

const READY_TIMEOUT_MS = 15_000
const TEMPLATE = 'compose/nginx/registry-warden.conf.template'
const TLS = 'compose/nginx/server.d/tls.conf'

export interface NginxInput {
  readonly env: NodeJS.ProcessEnv
  readonly dir: string
  readonly logPath: string
  readonly accessLogPath: string
  /** `127.0.0.1` for this machine alone (IPv6 loopback included), `0.0.0.0` for the network. */
  readonly host: '127.0.0.1' | '0.0.0.0'
  readonly port: number
  /** Folder with `server.crt` and `server.key`; without it nginx speaks plain http. */
  readonly tlsDir?: string | undefined
  /**
   * host:port of the two servers behind it, and of the private listener of the second; of each of
   * its replicas where there are several.
   */
  readonly registry: string
  readonly warden: string | readonly string[]
  readonly door: string | readonly string[]
  /** Whether writes of manifests go there; `required` unless it is said. */
  readonly doorMode?: 'required' | 'off' | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Nginx extends Part {
  readonly port: number
}

/** Fills `${NAME}` like envsubst does, and leaves nginx's own `$variables` alone. */
export function renderTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\$\{([A-Z_]+)\}/g, (text, name: string) => values[name] ?? text)
}

/** What follows `server` in the template, which says how each of them counts as gone. */
const eachOf = (servers: string | readonly string[]): string =>
  [servers].flat().join(' max_fails=1 fail_timeout=2s; server ')

/** Paths of temporary files and the pid are in our folder, so that any user may run it. */
function mainConfig(dir: string, logPath: string): string {
  // Only root may name a user; without it root's workers could not enter our private folder.
  const user = process.getuid?.() === 0 ? `user ${userInfo().username};\n` : ''
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `  ${kind}_temp_path "${join(dir, 'temporary', kind)}";`)
    .join('\n')
  return `${user}daemon off;
worker_processes auto;
pid "${join(dir, 'nginx.pid')}";
error_log "${logPath}" warn;
events {
  worker_connections 1024;
}
http {
${temporary}
  include "${join(dir, 'site.conf')}";
}
`
}

/** As the file for compose has it, with the certificate of another folder. */
function writeTls(serverDir: string, tlsDir: string | undefined): void {
  const path = join(serverDir, 'tls.conf')
  rmSync(path, { force: true })
  if (tlsDir === undefined) return
  const text = readFileSync(join(PROJECT_DIR, TLS), 'utf8')
  writeFileSync(path, text.replace(/\/etc\/nginx\/tls\/([\w.]+)/g, `"${tlsDir}/$1"`))
}

async function writeConfig(input: NginxInput): Promise<string> {
  const { dir, host, port, tlsDir } = input
  const ssl = tlsDir === undefined ? '' : ' ssl'
  const serverDir = join(dir, 'server.d')
  makePrivateDir(join(dir, 'temporary'))
  makePrivateDir(serverDir)
  const site = renderTemplate(readFileSync(join(PROJECT_DIR, TEMPLATE), 'utf8'), {
    NGINX_LISTEN: `${host}:${port}${ssl}`,
    NGINX_OUTER_SCHEME: tlsDir === undefined ? 'http' : 'https',
    NGINX_REGISTRY: input.registry,
    NGINX_WARDEN: eachOf(input.warden),
    NGINX_DOOR: eachOf(input.door),
    NGINX_DOOR_MODE: input.doorMode ?? 'required',
    NGINX_ACCESS_LOG: `"${input.accessLogPath}"`,
    NGINX_INCLUDE_DIR: serverDir,
  })
  writeFileSync(join(dir, 'site.conf'), site)
  const listenV6 = join(serverDir, 'listen-v6.conf')
  rmSync(listenV6, { force: true })
  if (await hasLoopbackV6()) writeFileSync(listenV6, `listen [::1]:${port}${ssl};\n`)
  writeTls(serverDir, tlsDir)
  const path = join(dir, 'nginx.conf')
  writeFileSync(path, mainConfig(dir, input.logPath))
  return path
}

/**
 * Starts nginx in front of the registry and the service.
 *
 * @throws StackError when the port is taken
 */
export async function startNginx(input: NginxInput): Promise<Nginx> {
  const command = requireCommand('nginx', input.env)
  await assertPortFree(input.host, input.port)
  makePrivateDir(input.dir)
  const configPath = await writeConfig(input)
  const part = await startPart({
    name: 'nginx',
    command,
    args: ['-p', input.dir, '-e', input.logPath, '-c', configPath],
    env: plainEnvironment(input.env),
    dir: input.dir,
    logPath: input.logPath,
    // With TLS it says that this was plain http.
    isReady: () =>
      answers(`http://${LOOPBACK}:${input.port}/`, [input.tlsDir === undefined ? 404 : 400]),
    readyTimeoutMs: READY_TIMEOUT_MS,
    signal: input.signal,
  })
  return { ...part, port: input.port }
}
