// `npm run test:compose`: brings compose/ up with a Docker engine and Compose of its own, and shows
// what was promised of it. Everything happens in an enclosure (enclosure.ts), so that nothing of this
// machine is changed, but for the Debian packages that are missing.
import { existsSync, rmSync } from 'node:fs'
import { installMissing, type Requirement } from '../../src/stack/packages.ts'
import { findCompose } from '../support/compose-binary.ts'
import { makeTemporaryDir } from '../support/temporary-dir.ts'
import { runEnclosed } from './enclosure.ts'

const NEEDS: readonly Requirement[] = [
  { command: 'dockerd', packages: ['docker.io'] },
  { command: 'docker', packages: ['docker-cli', 'docker.io'] },
  { command: 'tini', packages: ['tini'] },
  { command: 'iptables', packages: ['iptables'] },
  { command: 'ip', packages: ['iproute2'] },
  { command: 'debootstrap', packages: ['debootstrap'] },
  { command: 'git', packages: ['git'] },
  { command: 'script', packages: ['bsdutils'] },
  { command: 'skopeo', packages: ['skopeo'] },
  { command: 'podman', packages: ['podman'] },
  { command: 'nginx', packages: ['nginx'] },
  { command: 'mariadbd', packages: ['mariadb-server'] },
  { command: 'mariadb-install-db', packages: ['mariadb-server'] },
]

const say = (line: string): void => void process.stderr.write(`${line}\n`)

const interruption = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => interruption.abort())
}

async function main(args: readonly string[]): Promise<number> {
  if (
    process.platform !== 'linux' ||
    process.getuid?.() !== 0 ||
    !existsSync('/proc/self/ns/net')
  ) {
    say('npm run test:compose needs Linux and root: it starts a Docker engine of its own')
    return 2
  }
  await installMissing({ env: process.env, say }, NEEDS)
  if ((await findCompose()) === undefined) {
    say('Docker Compose 2 cannot be fetched from the packages of Debian')
    return 2
  }
  // With a folder that is kept, the next run finds the images in it.
  const kept = process.env.TEST_COMPOSE_DIR
  const dir = kept ?? makeTemporaryDir()
  try {
    return await runEnclosed(dir, args, interruption.signal)
  } finally {
    if (kept === undefined) rmSync(dir, { recursive: true, force: true })
  }
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return 1
})
