import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { stopProcess } from './part.ts'
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts'
import { makePrivateDir, writePrivateFile } from './secrets.ts'
import { StackError } from './stack-error.ts'

const identity = { pid: z.number().int().positive(), startedAt: z.string() }

const runSchema = z.object({
  url: z.string(),
  wardenUrl: z.string(),
  registryUrl: z.string(),
  adminUser: z.string(),
  firstPasswordPath: z.string(),
})

const stateSchema = z.object({
  format: z.literal(1),
  /** Who starts the parts, and stops them when it ends; it leaves when they are detached. */
  keeper: z.object(identity).optional(),
  /** There when all parts answered. */
  run: runSchema.optional(),
  /** `docker`: the parts are containers, and `parts` tells their first processes. */
  way: z.enum(['packages', 'docker']).default('packages'),
  parts: z.array(z.object({ name: z.string(), ...identity })),
})

/** Addresses of a stack, and where its first password stands. */
export type Run = z.output<typeof runSchema>

/** What runs in a data folder, as the processes there wrote it down. */
export type State = z.output<typeof stateSchema>

/**
 * `free`: nobody was here, or all was stopped in order. `starting`: somebody is at it.
 * `running`: all is there. `leftovers`: who started it is gone, or some part is.
 */
export type Situation = 'free' | 'starting' | 'running' | 'leftovers'

const KEEPER_TIMEOUT_MS = 120_000

const statePath = (dir: string): string => join(dir, 'state.json')

/** @returns undefined when nothing was written down; a torn file counts as leftovers of nothing */
export function readState(dir: string): State | undefined {
  const path = statePath(dir)
  if (!existsSync(path)) return undefined
  try {
    return stateSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return { format: 1, way: 'packages', parts: [] }
  }
}

export const writeState = (dir: string, state: State): void =>
  writePrivateFile(statePath(dir), `${JSON.stringify(state, undefined, 2)}\n`)

export const dropState = (dir: string): void => rmSync(statePath(dir), { force: true })

export function judge(state: State | undefined): Situation {
  if (state === undefined) return 'free'
  const kept = state.keeper !== undefined && isRunning(state.keeper)
  if (state.run === undefined) return kept ? 'starting' : 'leftovers'
  const whole = state.parts.length > 0 && state.parts.every(isRunning)
  return whole && (kept || state.keeper === undefined) ? 'running' : 'leftovers'
}

/** This process, as others will know it. */
export function identifySelf(): ProcessIdentity {
  return identifyProcess(process.pid) ?? { pid: process.pid, startedAt: 'unknown' }
}

/**
 * Takes the folder for this process; of two that try at once one gets it.
 *
 * @throws StackError when somebody has it
 */
export function claimDir(dir: string): void {
  makePrivateDir(dir)
  const state: State = { format: 1, way: 'packages', keeper: identifySelf(), parts: [] }
  try {
    writeFileSync(statePath(dir), `${JSON.stringify(state)}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    if (!taken) throw error
    throw new StackError(`another quickstart is starting in ${dir}; stop it with --stop`)
  }
}

/**
 * Stops everything that was written down for the folder and is still the same process, the keeper
 * first, so that it does so itself; a stranger that got one of the pids is left alone.
 *
 * @returns names of what ran
 */
export async function stopState(dir: string, state: State): Promise<readonly string[]> {
  const { keeper } = state
  const names = new Set(state.parts.filter(isRunning).map(({ name }) => name))
  if (keeper !== undefined && keeper.pid !== process.pid && isRunning(keeper)) {
    await stopProcess(keeper, () => !isRunning(keeper), KEEPER_TIMEOUT_MS)
  }
  // Read again: a keeper that was still starting may have added some.
  const left = (readState(dir) ?? state).parts.filter(isRunning)
  for (const part of left.toReversed()) {
    await stopProcess(part, () => !isRunning(part))
    names.add(part.name)
  }
  dropState(dir)
  return [...names]
}
