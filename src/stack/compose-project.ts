import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { findCommand, PROJECT_DIR, plainEnvironment } from './commands.ts'
import { type ProgramOptions, type ProgramResult, runProgram } from './run-program.ts'

const FILES = ['compose/docker-compose.yml', 'compose/http.yml']
const PASSED_ON = /^(DOCKER_|WARDEN_(?!HOST$|BIND$|HTTP_PORT$))/

export interface ComposeInput {
  readonly env: NodeJS.ProcessEnv
  /** Data folder of the quickstart: each has containers and volumes of its own. */
  readonly dir: string
  readonly port: number
  readonly networkHost: string | undefined
}

export type RunDocker = (
  args: readonly string[],
  options?: Omit<ProgramOptions, 'env'>,
) => Promise<ProgramResult>

/** Name before all containers, networks and volumes of the data folder. */
const projectName = (dir: string): string =>
  `registry-warden-${createHash('sha256').update(dir).digest('hex').slice(0, 8)}`

/** Runs the client of the engine. */
export const dockerRunner =
  (env: NodeJS.ProcessEnv): RunDocker =>
  (args, options = {}) =>
    runProgram([findCommand('docker', env) ?? 'docker', ...args], {
      env: { ...plainEnvironment(env), ...env },
      ...options,
    })

/** Runs `docker compose` on the files of the project, for this data folder. */
export function composeRunner({ env, dir, port, networkHost }: ComposeInput): RunDocker {
  const ours = {
    WARDEN_HOST: networkHost ?? 'localhost',
    WARDEN_BIND: networkHost === undefined ? '127.0.0.1' : '0.0.0.0',
    WARDEN_HTTP_PORT: String(port),
  }
  const passedOn = Object.fromEntries(Object.entries(env).filter(([name]) => PASSED_ON.test(name)))
  const files = FILES.flatMap((file) => ['--file', join(PROJECT_DIR, file)])
  const run = dockerRunner({ ...plainEnvironment(env), ...passedOn, ...ours })
  return (args, options) =>
    run(['compose', ...files, '--project-name', projectName(dir), ...args], options)
}
