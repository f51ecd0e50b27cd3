// Makes a fresh clone ready to run: dependencies when the lock file changed, a build when sources
// changed. Plain JavaScript on Node built-ins, because it runs before anything is installed.
// Nothing goes to stdout, which belongs to the command that follows.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), '..')
const OLDEST_NODE = [20, 19]
const SOURCES = ['src', 'db', 'test', 'tsconfig.json', 'package.json']
const LOCK_PATH = join(ROOT, '.quickstart', 'prepare.lock')
const LOCK_WAIT_MS = 10 * 60 * 1000
const MODULES_MARK = join(ROOT, 'node_modules', '.prepared-lock-hash')
const DIST_MARK = join(ROOT, 'dist', '.prepared-source-hash')

class PrepareError extends Error {}

const say = (text) => process.stderr.write(`${text}\n`)
const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
const readMark = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)

function assertNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_NODE
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  throw new PrepareError(
    `Node ${process.versions.node} is too old: registry-warden needs ${OLDEST_NODE.join('.')} or newer.`,
  )
}

function filesBelow(path) {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

const filesOf = (name) => {
  const path = join(ROOT, name)
  if (!existsSync(path)) return []
  return name.includes('.') ? [path] : filesBelow(path)
}

function hashOf(paths, ...more) {
  const hash = createHash('sha256')
  for (const text of more) hash.update(`${text}\0`)
  for (const path of paths) {
    const content = readFileSync(path)
    hash.update(`${path.slice(ROOT.length)}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

/** Runs a step in silence; what it said is told only when it fails. */
function run(title, command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (status === 0) return
  const said = [stdout, stderr, error?.message].filter(Boolean).join('\n').trimEnd()
  throw new PrepareError(`${said}\n${title} failed; what it said stands above.`)
}

function install() {
  // Binaries are made for one line of Node and one kind of machine.
  const machine = [process.versions.modules, process.platform, process.arch]
  const wanted = hashOf([join(ROOT, 'package-lock.json')], ...machine)
  if (readMark(MODULES_MARK) === wanted) return
  say('Installing dependencies (npm ci) …')
  const npm = process.env.npm_execpath
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  if (npm?.endsWith('.js')) run('npm ci', process.execPath, [npm, ...args])
  else run('npm ci', 'npm', args)
  writeFileSync(MODULES_MARK, wanted)
}

function build() {
  const wanted = hashOf(SOURCES.flatMap(filesOf))
  if (readMark(DIST_MARK) === wanted) return
  say('Building (tsc) …')
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true })
  run('The build', process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')])
  writeFileSync(DIST_MARK, wanted)
}

const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

const takeLock = () => {
  try {
    writeFileSync(LOCK_PATH, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  }
}

/** Who was killed while holding the lock does not hold it any more. */
function dropStaleLock() {
  const holder = Number(readMark(LOCK_PATH) || Number.NaN)
  if (Number.isInteger(holder) && !isAlive(holder)) rmSync(LOCK_PATH, { force: true })
}

/** Two that run at the same time take turns; the second finds everything done. */
function locked(work) {
  mkdirSync(dirname(LOCK_PATH), { recursive: true })
  const deadline = Date.now() + LOCK_WAIT_MS
  while (!takeLock()) {
    if (Date.now() > deadline) {
      throw new PrepareError(`Another build holds ${LOCK_PATH}; if none runs, remove that file.`)
    }
    dropStaleLock()
    pause(200)
  }
  try {
    work()
  } finally {
    rmSync(LOCK_PATH, { force: true })
  }
}

try {
  assertNode()
  locked(() => {
    install()
    build()
  })
} catch (error) {
  say(error instanceof PrepareError ? error.message : (error.stack ?? String(error)))
  process.exitCode = 1
}
