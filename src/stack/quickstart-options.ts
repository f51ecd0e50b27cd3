import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export const USAGE = `Usage: npm run quickstart -- [options]

Starts registry, database, registry-warden and nginx behind one address.

  --detach       leave everything running and return
  --stop         stop what runs in the folder
  --dir DIR      folder of all data (default .quickstart)
  --port N       port of the address (default 5000)
  --host NAME    open it to the network, under this name or address of this machine
  --tls          https, with an authority of its own: clients are given DIR/tls/ca.crt to trust
  --with WAY     docker: containers through compose/; packages: private processes of
                 installed packages (default: docker where an engine answers and has the images)
  --json         one line of JSON on stdout, with the first password while it is the valid one
  --help         this text
`

const DEFAULT_DIR = '.quickstart'
export const DEFAULT_PORT = 5000
const HOST = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/

export type Way = 'docker' | 'packages'

export interface QuickstartOptions {
  readonly detach: boolean
  readonly stop: boolean
  readonly json: boolean
  readonly help: boolean
  /** Absolute. */
  readonly dir: string
  readonly port: number | undefined
  readonly networkHost: string | undefined
  readonly tls: boolean
  readonly way: Way | undefined
}

/** Wrong use: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const parse = (argv: readonly string[]) =>
  parseArgs({
    args: [...argv],
    options: {
      detach: { type: 'boolean', default: false },
      stop: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
      dir: { type: 'string', default: DEFAULT_DIR },
      port: { type: 'string' },
      host: { type: 'string' },
      tls: { type: 'boolean', default: false },
      with: { type: 'string' },
    },
  }).values

function parseStrictly(argv: readonly string[]): ReturnType<typeof parse> {
  try {
    return parse(argv)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65_535) return port
  throw new UsageError(`--port ${text} is not a port; give a number from 1 to 65535`)
}

function readWay(text: string | undefined): Way | undefined {
  if (text === undefined || text === 'docker' || text === 'packages') return text
  throw new UsageError(`--with ${text} is not known; it is docker or packages`)
}

function readHost(text: string | undefined): string | undefined {
  if (text === undefined || HOST.test(text)) return text
  throw new UsageError(`--host ${text} is not a host name; give one without scheme and port`)
}

/** @throws UsageError with what is wrong */
export function parseQuickstartOptions(argv: readonly string[]): QuickstartOptions {
  const values = parseStrictly(argv)
  if (values.tls && values.with === 'docker') {
    throw new UsageError(
      '--tls goes with packages; for containers with TLS use compose/docker-compose.yml: docs/install.md',
    )
  }
  return {
    detach: values.detach,
    stop: values.stop,
    json: values.json,
    help: values.help,
    dir: resolve(values.dir),
    port: readPort(values.port),
    networkHost: readHost(values.host),
    tls: values.tls,
    way: values.tls ? 'packages' : readWay(values.with),
  }
}
