import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findCommand, PROJECT_DIR } from './commands.ts'
import { type ComposeInput, composeRunner, dockerRunner } from './compose-project.ts'

const ANSWER_TIMEOUT_MS = 10_000
const IMAGES_TIMEOUT_MS = 60_000
/** The first that understands the overlay's `!override` and `!reset`. */
const OLDEST_COMPOSE = [2, 24, 4]

const isAtLeast = (version: readonly number[], oldest: readonly number[]): boolean => {
  const index = oldest.findIndex((number, i) => number !== (version[i] ?? 0))
  return index === -1 || (version[index] ?? 0) > (oldest[index] ?? 0)
}

/**
 * Why containers cannot be used here, in words.
 *
 * @returns undefined when an engine answers and a recent Compose is there
 */
export async function findEngineObstacle(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (findCommand('docker', env) === undefined) return 'the command docker is not installed'
  const docker = dockerRunner(env)
  const info = await docker(['info', '--format', '{{.ServerVersion}}'], {
    timeoutMs: ANSWER_TIMEOUT_MS,
  })
  if (info.code !== 0 || info.stdout === '') return 'no Docker engine answers (docker info)'
  const compose = await docker(['compose', 'version', '--short'], { timeoutMs: ANSWER_TIMEOUT_MS })
  if (compose.code !== 0) return 'Docker Compose is not installed (docker compose version)'
  const version = compose.stdout.replace(/^v/, '').split(/[.-]/).map(Number)
  if (isAtLeast(version, OLDEST_COMPOSE)) return undefined
  return `Docker Compose ${compose.stdout} is too old; it must be ${OLDEST_COMPOSE.join('.')} or newer`
}

/** Images that our own one is built from. */
function baseImages(): readonly string[] {
  const recipe = readFileSync(join(PROJECT_DIR, 'compose', 'Dockerfile'), 'utf8')
  const names = [...recipe.matchAll(/^FROM (\S+)(?: AS (\S+))?/gim)]
  const stages = names.map(([, , stage]) => stage)
  return names.flatMap(([, image]) => (image && !stages.includes(image) ? [image] : []))
}

/**
 * Fetches the images that are not there yet, within a minute for all.
 *
 * @returns why there is one that cannot be had, or undefined
 */
export async function findImagesObstacle(input: ComposeInput): Promise<string | undefined> {
  const docker = dockerRunner(input.env)
  const { code, stdout, output } = await composeRunner(input)(['config', '--images'])
  if (code !== 0) return `docker compose does not accept the files: ${output}`
  const foreign = stdout.split('\n').filter((name) => name && !name.startsWith('registry-warden'))
  const deadline = performance.now() + IMAGES_TIMEOUT_MS
  for (const name of new Set([...foreign, ...baseImages()])) {
    if ((await docker(['image', 'inspect', name])).code === 0) continue
    const timeoutMs = Math.max(1, Math.round(deadline - performance.now()))
    const pulled = await docker(['pull', '--quiet', name], { timeoutMs })
    if (pulled.code !== 0) {
      const reason = pulled.output.split('\n').at(-1) || 'no answer within a minute'
      return `the image ${name} is not here and cannot be pulled: ${reason}`
    }
  }
  return undefined
}
