import { existsSync, readFileSync } from 'node:fs'
import type { Run, State } from './state.ts'

/** The first password for as long as it is the valid one: the file goes with its first change. */
function readFirstPassword(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
}

/** The line of `--json`. */
export function jsonLine(run: Run, parts: State['parts'], dir: string): string {
  const line = {
    url: run.url,
    wardenUrl: run.wardenUrl,
    registryUrl: run.registryUrl,
    adminUser: run.adminUser,
    adminPassword: readFirstPassword(run.firstPasswordPath),
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

/** What a person needs next, when everything runs. */
export function readyText(run: Run, networkHost: string | undefined): string {
  const address = new URL(run.url).host
  const password = readFirstPassword(run.firstPasswordPath)
  const shown = password ?? '(the one that was chosen; the first one is no longer kept)'
  return `
registry-warden is ready.

  Registry       ${address}
  API            ${run.url}/api/v1
  Administrator  ${run.adminUser}
  Password       ${shown}

Try it:
  docker login ${address} --username ${run.adminUser}
  docker tag IMAGE ${address}/library/hello:v1
  docker push ${address}/library/hello:v1
${networkHost === undefined ? '' : insecureNote(address)}`
}
