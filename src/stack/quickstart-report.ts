import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Run, State } from './state.ts'

const CHECK_TIMEOUT_MS = 5000

/** Whether the service refuses this password; when it cannot tell, it does not. */
async function isRefused({ url, wardenUrl, adminUser }: Run, password: string): Promise<boolean> {
  const credentials = Buffer.from(`${adminUser}:${password}`).toString('base64')
  try {
    // Past nginx where it has a certificate that this process does not trust.
    const base = url.startsWith('https:') ? wardenUrl : url
    const response = await fetch(`${base}/api/v1/me`, {
      headers: { authorization: `Basic ${credentials}` },
      signal: AbortSignal.timeout(CHECK_TIMEOUT_MS),
    })
    await response.body?.cancel()
    return response.status === 401
  } catch {
    return false
  }
}

/** The first password for as long as it is the valid one; its file goes when it no longer is. */
export async function findFirstPassword(run: Run): Promise<string | undefined> {
  const path = run.firstPasswordPath
  if (!existsSync(path)) return undefined
  const password = readFileSync(path, 'utf8').trim()
  if (!(await isRefused(run, password))) return password
  rmSync(path, { force: true })
  return undefined
}

export interface Report {
  readonly run: Run
  readonly parts: State['parts']
  readonly dir: string
  readonly password: string | undefined
}

/** The line of `--json`. */
export function jsonLine({ run, parts, dir, password }: Report): string {
  const line = {
    url: run.url,
    wardenUrl: run.wardenUrl,
    registryUrl: run.registryUrl,
    adminUser: run.adminUser,
    adminPassword: password,
    dir,
    pids: Object.fromEntries(parts.map(({ name, pid }) => [name, pid])),
  }
  return `${JSON.stringify(line)}\n`
}

const insecureNote = (address: string): string => `
Other machines reach it without TLS, so each of their Docker engines must allow that, in
/etc/docker/daemon.json, followed by a restart of the engine:
  { "insecure-registries": ["${address}"] }
`

/** Docker, podman, skopeo and buildah look there; for the others docs/clients.md. */
const trustNote = (address: string, dir: string): string => `
Clients have to trust its authority, ${join(dir, 'tls', 'ca.crt')}. On each machine, as root:
  mkdir -p /etc/docker/certs.d/${address}
  cp ca.crt /etc/docker/certs.d/${address}/ca.crt
`

function noteOf({ run, dir }: Report): string {
  const { host, hostname, protocol } = new URL(run.url)
  if (protocol === 'https:') return trustNote(host, dir)
  return hostname === 'localhost' ? '' : insecureNote(host)
}

/** What a person needs next, when everything runs. */
export function readyText(report: Report): string {
  const { run, password } = report
  const { host } = new URL(run.url)
  return `
registry-warden is ready.

  Registry       ${host}
  API            ${run.url}/api/v1
  Its routes     ${run.url}/api/v1/docs (for a browser)
  Administrator  ${run.adminUser}
  Password       ${password ?? '(the one that was chosen; the first one is not valid any more)'}

Try it:
  docker login ${host} --username ${run.adminUser}
  docker tag IMAGE ${host}/library/hello:v1
  docker push ${host}/library/hello:v1
${noteOf(report)}`
}
