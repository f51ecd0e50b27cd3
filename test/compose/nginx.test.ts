import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get as getPlain } from 'node:http'
import { get as getSecure, type RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ensureTlsServer } from '../../src/signing/tls-authority.ts'
import { plainEnvironment, requireCommand } from '../../src/stack/commands.ts'
import { renderTemplate } from '../../src/stack/nginx.ts'
import { startPart } from '../../src/stack/part.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { makePrivateDir } from '../../src/stack/secrets.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'

const source = (name: string): string => readFileSync(resolve('compose/nginx', name), 'utf8')

interface Answer {
  readonly status: number
  readonly location: string | undefined
  readonly type: string | undefined
}

const fetchFrom = (get: typeof getSecure, options: RequestOptions): Promise<Answer> =>
  new Promise((done, fail) => {
    const request = get({ host: 'localhost', family: 4, agent: false, ...options }, (response) => {
      const { location, 'content-type': type } = response.headers
      response.resume().on('end', () => done({ status: response.statusCode ?? 0, location, type }))
    })
    request.on('error', fail)
  })

/** The files as the nginx image puts them together, in folders and on ports of ours. */
async function writeConfig(dir: string, ports: { readonly tls: number; readonly plain: number }) {
  const hosts = ['localhost', '127.0.0.1']
  const folders = { authorityDir: join(dir, 'ca'), serverDir: join(dir, 'tls') }
  await ensureTlsServer(folders, { hosts, now: new Date() })
  const values = {
    NGINX_LISTEN: `127.0.0.1:${ports.tls} ssl`,
    NGINX_OUTER_SCHEME: 'https',
    NGINX_REGISTRY: '127.0.0.1:1',
    NGINX_WARDEN: '127.0.0.1:1',
    NGINX_DOOR: '127.0.0.1:1',
    NGINX_DOOR_MODE: 'required',
    NGINX_ACCESS_LOG: join(dir, 'access.log'),
    NGINX_INCLUDE_DIR: makePrivateDir(join(dir, 'server.d')),
    NGINX_REDIRECT_LISTEN: `127.0.0.1:${ports.plain}`,
    NGINX_PUBLIC_URL: 'https://registry.example.com',
  }
  const tls = source('server.d/tls.conf').replaceAll('/etc/nginx/tls', folders.serverDir)
  writeFileSync(join(dir, 'server.d/tls.conf'), tls)
  const site = ['registry-warden', 'to-https']
    .map((name) => renderTemplate(source(`${name}.conf.template`), values))
    .join('')
  const main = `daemon off; pid ${dir}/pid; error_log ${dir}/log; events {} http { ${site} }`
  writeFileSync(join(dir, 'nginx.conf'), main)
}

async function startFiles(dir: string) {
  const ports = { tls: await findFreePort(), plain: await findFreePort() }
  await writeConfig(dir, ports)
  const ca = readFileSync(join(dir, 'tls/ca.crt'))
  const secure = (options: RequestOptions) =>
    fetchFrom(getSecure, { port: ports.tls, ca, ...options })
  const plain = (options: RequestOptions) => fetchFrom(getPlain, { port: ports.plain, ...options })
  const part = await startPart({
    name: 'nginx',
    command: requireCommand('nginx', process.env),
    args: ['-p', dir, '-e', join(dir, 'log'), '-c', join(dir, 'nginx.conf')],
    env: plainEnvironment(process.env),
    dir,
    logPath: join(dir, 'log'),
    isReady: () =>
      secure({ path: '/' }).then(
        ({ status }) => status === 404,
        () => false,
      ),
    readyTimeoutMs: 15_000,
  })
  return { part, secure, plain }
}

const testNginx = testUnless(findObstacle(['nginx'], { asRoot: false }))

testNginx(
  'nginx serves TLS with the generated certificate and sends plain http there',
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'warden-nginx-'))
    t.teardown(() => rmSync(dir, { recursive: true, force: true }))
    const { part, secure, plain } = await startFiles(dir)
    t.teardown(part.stop)
    t.deepEqual(await secure({ path: '/v2/' }), {
      status: 503,
      location: undefined,
      type: 'application/json',
    })
    t.deepEqual(await plain({ path: '/v2/?a=b', headers: { host: 'elsewhere.example.com' } }), {
      status: 308,
      location: 'https://registry.example.com/v2/?a=b',
      type: 'text/html',
    })
    await t.throwsAsync(secure({ path: '/', maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1' }))
  },
)
