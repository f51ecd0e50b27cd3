import { existsSync } from 'node:fs'
import { findCommand } from './commands.ts'
import { runProgram } from './run-program.ts'
import { StackError } from './stack-error.ts'

/** A command that is needed, and the Debian package that brings it: the first that exists. */
export interface Requirement {
  readonly command: string
  /** A file that the package brings, where that is no command. */
  readonly file?: string
  readonly packages: readonly string[]
}

export const SERVER_REQUIREMENTS: readonly Requirement[] = [
  { command: 'docker-registry', packages: ['docker-registry'] },
  { command: 'mariadbd', packages: ['mariadb-server'] },
  { command: 'mariadb-install-db', packages: ['mariadb-server'] },
  { command: 'nginx', packages: ['nginx'] },
]

export const CLIENT_REQUIREMENTS: readonly Requirement[] = [
  { command: 'skopeo', packages: ['skopeo'] },
  { command: 'podman', packages: ['podman'] },
  { command: 'buildah', packages: ['buildah'] },
  { command: 'dockerd', packages: ['docker.io'] },
  // Newer releases have the client apart.
  { command: 'docker', packages: ['docker-cli', 'docker.io'] },
  { command: 'containerd', packages: ['containerd'] },
  { command: 'ctr', packages: ['containerd'] },
  { command: 'zsh', packages: ['zsh'] },
  // The shell, and the small programs, of the registry's image.
  { command: 'busybox', packages: ['busybox'] },
  { command: 'chromium', packages: ['chromium'] },
  // A directory for people to sign in by, with the program that fills one.
  { command: 'slapd', packages: ['slapd'] },
  { command: 'slapadd', packages: ['slapd'] },
  // Reads the metrics, and tries the alerts.
  { command: 'prometheus', packages: ['prometheus'] },
  { command: 'promtool', packages: ['prometheus'] },
]

/** What moves the clock of a process, for `npm run test:faults`. */
export const CLOCK_REQUIREMENTS: readonly Requirement[] = [
  { command: 'faketime', packages: ['faketime'] },
]

/** The library by which MariaDB makes a cluster of servers. */
export const GALERA_PROVIDER = '/usr/lib/galera/libgalera_smm.so'

/** Three nodes that copy from each other, and what cuts one of them off, for `npm run test:galera`. */
export const GALERA_REQUIREMENTS: readonly Requirement[] = [
  { command: 'mariadbd', file: GALERA_PROVIDER, packages: ['galera-4'] },
  { command: 'rsync', packages: ['rsync'] },
  { command: 'lsof', packages: ['lsof'] },
  { command: 'ip', packages: ['iproute2'] },
  { command: 'iptables', packages: ['iptables'] },
]

/** What unpacks another release of Debian, for `npm run test:mysql`. */
export const DEBIAN_REQUIREMENTS: readonly Requirement[] = [
  { command: 'debootstrap', packages: ['debootstrap'] },
]

const SERVICES =
  'docker-registry.service mariadb.service nginx.service docker.service docker.socket containerd.service slapd.service prometheus.service'
const POLICY_REFUSED = 77

/**
 * Installs the packages without letting any of them start a service, now or at the next boot. A
 * policy-rc.d that is there already is kept; one that lets services start makes it refuse.
 */
const INSTALL_SCRIPT = `
set -eu
exec 9>/run/lock/registry-warden-packages.lock
flock 9
policy=/usr/sbin/policy-rc.d
made=
trap '[ -z "$made" ] || rm -f "$policy"' EXIT
trap 'exit 130' INT TERM HUP
if [ -e "$policy" ]; then
  status=0
  "$policy" registry-warden start >/dev/null 2>&1 || status=$?
  [ "$status" = 101 ] || exit ${POLICY_REFUSED}
else
  made=yes
  printf '#!/bin/sh\\nexit 101\\n' >"$policy"
  chmod 755 "$policy"
fi
unit_exists() { [ -e "/lib/systemd/system/$1" ] || [ -e "/etc/systemd/system/$1" ]; }
fresh=
for unit in ${SERVICES}; do unit_exists "$unit" || fresh="$fresh $unit"; done
export DEBIAN_FRONTEND=noninteractive
apt-get -q update || echo 'apt-get update failed; going on with the lists there are'
chosen=
for alternatives in "$@"; do
  for name in $(echo "$alternatives" | tr '|' ' '); do
    if apt-cache show "$name" >/dev/null 2>&1; then chosen="$chosen $name"; break; fi
  done
done
[ -n "$chosen" ] || { echo "apt knows none of: $*"; exit 1; }
apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends $chosen
if command -v systemctl >/dev/null 2>&1; then
  for unit in $fresh; do if unit_exists "$unit"; then systemctl disable "$unit" || true; fi; done
fi
`

export interface PackagesDeps {
  readonly env: NodeJS.ProcessEnv
  /** Progress, a line each. */
  readonly say: (line: string) => void
}

/** What of this is not installed. */
export const missingOf = (
  requirements: readonly Requirement[],
  env: NodeJS.ProcessEnv,
): readonly Requirement[] =>
  requirements.filter(
    ({ command, file }) =>
      findCommand(command, env) === undefined || (file !== undefined && !existsSync(file)),
  )

const isRoot = (): boolean => process.getuid?.() === 0

/** How to become root: not at all, without a question, or by asking at the terminal. */
function elevation(env: NodeJS.ProcessEnv): readonly string[] | undefined {
  if (isRoot()) return []
  const sudo = findCommand('sudo', env)
  if (sudo === undefined) return undefined
  return process.stdin.isTTY ? [sudo] : [sudo, '-n']
}

const advice = (names: string): string =>
  `install them yourself (Debian, Ubuntu: sudo apt-get install ${names}), or use Docker with --with docker`

function explain(code: number | null, output: string, names: string): string {
  if (code === POLICY_REFUSED) {
    return `/usr/sbin/policy-rc.d exists and lets services start, so nothing was installed; ${advice(names)}`
  }
  const lines = output.split('\n').slice(-15).join('\n')
  return `${lines}\nInstalling ${names} failed; what apt-get said stands above. You can ${advice(names)}`
}

/**
 * Installs what is missing from the packages of Debian or Ubuntu; does nothing when all is there.
 *
 * @throws StackError where that is impossible, with what to do instead
 */
export async function installMissing(
  { env, say }: PackagesDeps,
  requirements: readonly Requirement[],
): Promise<void> {
  const missing = missingOf(requirements, env)
  if (missing.length === 0) return
  const names = [...new Set(missing.map(({ packages }) => packages.at(-1) ?? ''))].join(' ')
  const commands = missing.map(({ command }) => command).join(', ')
  if (!existsSync('/etc/debian_version') || findCommand('apt-get', env) === undefined) {
    throw new StackError(`not installed: ${commands}; ${advice(names)}`)
  }
  const prefix = elevation(env)
  if (prefix === undefined) {
    throw new StackError(`not installed: ${commands}, and only root may; ${advice(names)}`)
  }
  say(`Installing ${names} with apt-get; their system services stay off …`)
  const wanted = [...new Set(missing.map(({ packages }) => packages.join('|')))]
  const { code, output } = await runProgram(
    [...prefix, 'sh', '-c', INSTALL_SCRIPT, 'sh', ...wanted],
    // Ctrl-C must not tear an installation apart; sudo however needs the terminal to ask.
    { env, detached: isRoot() },
  )
  const left = missingOf(requirements, env).map(({ command }) => command)
  if (code === 0 && left.length === 0) return
  throw new StackError(explain(code, output, names))
}
