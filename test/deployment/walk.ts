import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { runCommand } from '../support/run-command.ts'
import { mustEnd } from './clients.ts'
import type { Engine } from './engine.ts'
import { commandsOf, type Step } from './guide.ts'
import type { Stage } from './stage.ts'
import { runAtTerminal } from './terminal.ts'

export const HOST = 'registry.example.com'

/** A clone in which the guide is followed. */
export interface Walk {
  readonly root: string
  /** Lines of a person's own, beside those of the guide. */
  readonly setEnv: (env: Readonly<Record<string, string>>) => void
  /**
   * Runs the commands of a step as the guide has them.
   *
   * @param replace what the guide says stands for something else
   * @returns what the terminal showed
   */
  readonly run: (step: Step, how?: StepOptions) => Promise<string>
}

export interface StepOptions {
  readonly replace?: Readonly<Record<string, string>>
  readonly typed?: readonly string[]
}

const tail = (text: string): string => text.trim().split('\n').slice(-15).join('\n')

/** This project as somebody has it who clones it. */
async function makeRepository(dir: string): Promise<string> {
  const repository = join(dir, 'repository')
  rmSync(repository, { recursive: true, force: true })
  const env = { HOME: dir }
  const git = (...args: readonly string[]) => mustEnd(runCommand('git', args, { env }))
  await git('init', '--quiet', '--bare', repository)
  const here = ['--git-dir', repository, '--work-tree', resolve('.')]
  await git(...here, 'add', '--all')
  const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com']
  await git(...here, ...who, 'commit', '--quiet', '--message', 'all')
  return repository
}

/** What the containers say that are why a command failed. */
async function tellUnwell({ engine, say }: Stage): Promise<void> {
  for (const filter of ['health=unhealthy', 'status=restarting']) {
    const ids = await engine.must('ps', '--all', '--quiet', '--filter', filter)
    for (const id of ids.split('\n').filter(Boolean)) {
      say((await engine.docker(['logs', '--tail', '15', id])).output)
    }
  }
}

interface Shell {
  readonly stage: Stage
  readonly cwd: string
  readonly step: Step
}

async function type(
  { stage, cwd, step }: Shell,
  lines: string,
  typed: readonly string[] = [],
): Promise<string> {
  const { engine, place, walked } = stage
  const env = { ...environmentOf(engine), HOME: join(place.dir, 'clients') }
  const { code, shown } = await runAtTerminal(lines, { cwd, env, typed })
  if (code !== 0) await tellUnwell(stage)
  if (code !== 0) throw new Error(`"${step}" ended with ${code}:\n${tail(shown)}`)
  walked.add(step)
  return shown
}

const environmentOf = ({ environment }: Engine): NodeJS.ProcessEnv => ({
  ...environment,
  TERM: 'dumb',
})

function replaceAll(text: string, replace: Readonly<Record<string, string>>): string {
  let replaced = text
  for (const [from, to] of Object.entries(replace)) replaced = replaced.replaceAll(from, to)
  return replaced
}

/** Clones as the guide says, and brings nothing up yet. */
export async function openWalk(stage: Stage): Promise<Walk> {
  const top = join(stage.place.dir, 'walk')
  rmSync(top, { recursive: true, force: true })
  mkdirSync(join(stage.place.dir, 'clients'), { recursive: true })
  mkdirSync(top)
  const repository = await makeRepository(stage.place.dir)
  const root = join(top, 'registry-warden')
  const lines = replaceAll(commandsOf('up'), { REPOSITORY: repository }).split('\n')
  const isUp = (line: string): boolean => line.startsWith('docker compose ')
  await type({ stage, cwd: top, step: 'up' }, lines.filter((line) => !isUp(line)).join('\n'))
  const bringUp = lines.filter(isUp).join('\n')
  return {
    root,
    setEnv: (env) => {
      const told = Object.entries(env).map(([name, value]) => `${name}=${value}\n`)
      appendFileSync(join(root, 'compose/.env'), told.join(''))
    },
    run: (step, { replace = {}, typed } = {}) => {
      const commands = step === 'up' ? bringUp : replaceAll(commandsOf(step), replace)
      return type({ stage, cwd: root, step }, commands, typed)
    },
  }
}

/** What FILES stands for in the guide. */
export const filesWith = (...overlays: readonly string[]): string =>
  ['docker-compose.yml', ...overlays].map((file) => `-f compose/${file}`).join(' ')
