import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { requireCommand } from '../../src/stack/commands.ts'
import { runProgram } from '../../src/stack/run-program.ts'
import { makeDebian, mustRun } from '../support/debian.ts'
import type { Engine } from './engine.ts'

const CACHE = resolve('node_modules/.cache/registry-warden')
const SOURCES = resolve('test/deployment/stand-ins')
/** What the images are made of. */
interface Base {
  readonly image: string
  /** Of its archive, which is kept. */
  readonly name: string
  readonly packages: readonly string[]
}

const PULL_TIMEOUT_MS = 120_000
/** The only one with MySQL, and with an nginx that looks names up again. */
const SUITE = 'sid'
const SERVERS: Base = {
  image: 'registry-warden-stand-in',
  name: 'stand-in',
  packages: [
    'busybox-static',
    'ca-certificates',
    'docker-registry',
    'gettext-base',
    'gosu',
    'libstdc++6',
    'mysql-client-core',
    'mysql-server-core',
    'nginx',
  ],
}
/** A server that speaks like S3. */
const BUCKETS: Base = {
  image: 'registry-warden-buckets',
  name: 'buckets',
  // debootstrap does not see that the first one is what the second one's needs are met by.
  packages: ['python3-cffi-backend', 'python3-moto', 'python3-flask-cors'],
}

/** A small Debian with these packages, as a tar archive; made once, some minutes long. */
async function makeRoot({ name, packages }: Base, say: (line: string) => void): Promise<string> {
  const path = join(CACHE, `${name}-${SUITE}.tar`)
  if (existsSync(path)) return path
  say(`Making a Debian with ${packages.join(', ')} (debootstrap) …`)
  mkdirSync(CACHE, { recursive: true })
  const dir = mkdtempSync(join(CACHE, 'root-'))
  try {
    const root = join(dir, 'root')
    await makeDebian(root, { suite: SUITE, packages })
    const left = ['./var/cache/apt', './var/lib/apt/lists', './usr/share/doc', './proc', './sys']
    const exclude = left.map((name) => `--exclude=${name}/*`)
    await mustRun(['tar', '--create', '--file', join(dir, 'root.tar'), '-C', root, ...exclude, '.'])
    renameSync(join(dir, 'root.tar'), path)
    return path
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Whom this machine trusts, which may be more than others do. */
const authorities = (): string =>
  process.env.NODE_EXTRA_CA_CERTS ??
  process.env.SSL_CERT_FILE ??
  '/etc/ssl/certs/ca-certificates.crt'

/** Node and npm of this machine, for the image that ours is built from. */
function copyNode(context: string): void {
  cpSync(realpathSync(authorities()), join(context, 'authorities.crt'))
  cpSync(realpathSync(process.execPath), join(context, 'node'))
  const npm = dirname(dirname(realpathSync(requireCommand('npm', process.env))))
  cpSync(npm, join(context, 'npm'), { recursive: true })
}

const kindOf = (image: string): string => /^[a-z]+/.exec(image)?.[0] ?? ''

async function buildStandIn(engine: Engine, dir: string, image: string): Promise<void> {
  const context = join(dir, `context-${kindOf(image)}`)
  rmSync(context, { recursive: true, force: true })
  cpSync(SOURCES, context, { recursive: true })
  if (kindOf(image) === 'node') copyNode(context)
  const file = join(context, `${kindOf(image)}.dockerfile`)
  const label = 'registry-warden.stand-in=yes'
  await engine.must('build', '--quiet', '--label', label, '--file', file, '--tag', image, context)
}

const STAND_IN = '{{index .Config.Labels "registry-warden.stand-in"}}'

type Had = 'real' | 'stand-in' | undefined

async function findImage({ docker }: Engine, image: string): Promise<Had> {
  const { code, stdout } = await docker(['image', 'inspect', '--format', STAND_IN, image])
  if (code !== 0) return undefined
  return stdout === 'yes' ? 'stand-in' : 'real'
}

async function pull(engine: Engine, image: string): Promise<boolean> {
  const limit = { timeoutMs: PULL_TIMEOUT_MS, env: engine.environment }
  const command = [requireCommand('docker', process.env), 'pull', '--quiet', image]
  return (await runProgram(command, limit)).code === 0
}

async function importBase(
  engine: Engine,
  base: Base,
  say: (line: string) => void,
): Promise<string> {
  if ((await findImage(engine, base.image)) === undefined) {
    await engine.must('import', await makeRoot(base, say), base.image)
  }
  return base.image
}

/** @returns the name of an image with `moto_server` */
export const provideBuckets = (engine: Engine, say: (line: string) => void): Promise<string> =>
  importBase(engine, BUCKETS, say)

/**
 * Sees to it that the engine has these images: the real ones where they can be pulled, and stand-ins of
 * the same names, made of Debian's packages, where not.
 *
 * @returns what stands in for what, in words
 */
export async function provideImages(
  engine: Engine,
  { dir, names, say }: { dir: string; names: readonly string[]; say: (line: string) => void },
): Promise<readonly string[]> {
  const missing: string[] = []
  for (const name of names) {
    const had = await findImage(engine, name)
    if (had === 'stand-in' || (had === undefined && !(await pull(engine, name)))) missing.push(name)
  }
  if (missing.length > 0) await importBase(engine, SERVERS, say)
  for (const name of missing) await buildStandIn(engine, dir, name)
  return missing
}
