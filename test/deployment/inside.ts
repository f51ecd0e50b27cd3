// In the enclosure: an /etc of its own, an engine, the images, and then what there is to be shown.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { runProgram } from '../../src/stack/run-program.ts'
import type { Place } from './enclosure.ts'
import { type Engine, startEngine } from './engine.ts'
import { STEPS, type Step } from './guide.ts'
import { provideImages } from './images.ts'
import { openRecord, renderRows } from './record.ts'
import { SCENARIOS } from './scenarios.ts'
import { HOST } from './walk.ts'

const IMAGES = ['node:20.20.2-bookworm-slim', 'registry:2', 'mysql:8.4', 'nginx:1.28.0-alpine']
/** Names of nobody, which lead to the enclosure. */
const HOSTS = [HOST]

const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** What is written below /etc from now on is seen by nobody else, and goes with us. */
async function takeEtc({ dir, addresses }: Place): Promise<void> {
  const [upper, work] = [join(dir, 'etc'), join(dir, 'etc-work')]
  for (const path of [upper, work]) {
    rmSync(path, { recursive: true, force: true })
    mkdirSync(path)
  }
  const layers = `lowerdir=/etc,upperdir=${upper},workdir=${work}`
  const command = ['mount', '-t', 'overlay', 'overlay', '-o', layers, '/etc']
  const { code, output } = await runProgram(command, { env: process.env })
  if (code !== 0) throw new Error(output)
  writeFileSync('/etc/hosts', `127.0.0.1 localhost\n${addresses[0]} ${HOSTS.join(' ')}\n`)
}

/** The network is there when whoever started us says so. */
async function waitForNetwork(): Promise<void> {
  const lines = createInterface({ input: process.stdin })
  await new Promise((resolve) => lines.once('line', resolve))
  lines.close()
}

/** Of a run that was cut off, where its folder was kept. */
async function removeLeftovers({ must }: Engine): Promise<void> {
  const list = async (...args: readonly string[]) =>
    (await must(...args)).split('\n').filter(Boolean)
  const containers = await list('ps', '--all', '--quiet')
  if (containers.length > 0) await must('rm', '--force', ...containers)
  await must('network', 'prune', '--force')
  const volumes = await list('volume', 'ls', '--quiet')
  if (volumes.length > 0) await must('volume', 'rm', '--force', ...volumes)
}

async function main(names: readonly string[]): Promise<number> {
  await waitForNetwork()
  const place = JSON.parse(process.env.TEST_PLACE ?? '') as Place
  await takeEtc(place)
  const engine = await startEngine(place)
  await removeLeftovers(engine)
  const record = openRecord(say)
  const standIns = await provideImages(engine, { dir: place.dir, names: IMAGES, say })
  for (const image of standIns) {
    record
      .under('images')
      .skip(`${image} itself`, 'cannot be pulled here; Debian packages stand in')
  }
  const walked = new Set<Step>()
  for (const [name, play] of Object.entries(SCENARIOS)) {
    if (names.length > 0 && !names.includes(name)) continue
    say(`${name} …`)
    await play({ engine, place, record: record.under(name), walked, say }).catch((error: unknown) =>
      record.under(name).show('the rest of it', () => Promise.reject(error)),
    )
    await removeLeftovers(engine)
  }
  if (names.length === 0) {
    await record.under('guide').show('every command block of docs/install.md was run', async () => {
      const left = Object.keys(STEPS).filter((step) => !walked.has(step as Step))
      if (left.length > 0) throw new Error(`not run: ${left.join(', ')}`)
      return `${walked.size} blocks`
    })
  }
  await engine.stop()
  process.stdout.write(`${renderRows(record.rows)}\n`)
  const failed = record.rows.filter(({ state }) => state === 'FAILED').length
  const shown = record.rows.filter(({ state }) => state === 'shown').length
  process.stdout.write(
    `${shown} shown, ${failed} failed, ${record.rows.length - shown - failed} not shown\n`,
  )
  return failed === 0 && shown > 0 ? 0 : 1
}

const code = await main(process.argv.slice(2)).catch((error: unknown) => {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return 1
})
// What still runs ends with the enclosure.
process.exit(code)
