import { access, constants, readFile } from 'node:fs/promises'
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path'
import { COLLECTOR_PATH } from '../collect/run-command.ts'
import { type Finding, fault, ok, reasonOf, warning } from './check.ts'
import { insideCheck } from './inside-check.ts'
import { below, parseRegistryConfig } from './registry-config.ts'

const CONFIG_FILE = /\.ya?ml$/
/** What keeps limit and lock: of coreutils and of util-linux. */
const KEEPERS = ['timeout', 'flock']

const mayUse = (path: string, mode: number): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  )

async function isProgram(name: string): Promise<boolean> {
  const places = isAbsolute(name)
    ? [name]
    : COLLECTOR_PATH.split(delimiter).map((dir) => join(dir, name))
  const found = await Promise.all(places.map((path) => mayUse(path, constants.X_OK)))
  return found.includes(true)
}

async function findMissing(programs: readonly string[]): Promise<string | undefined> {
  for (const name of programs) if (!(await isProgram(name))) return name
  return undefined
}

/** @returns what is wrong with a configuration file of the collector; undefined: nothing */
async function findConfigFault(path: string): Promise<Finding | undefined> {
  try {
    const cache = below(parseRegistryConfig(await readFile(path, 'utf8')), 'storage.cache')
    if (cache === '') return undefined
    const advice = 'take storage.cache out, there and in the file of the registry'
    return fault(`${path} has a blob cache (${cache.slice(0, 60)})`, advice)
  } catch (error) {
    const advice = 'name the configuration file of the registry in WARDEN_GC_COMMAND'
    return fault(`${path} cannot be read: ${reasonOf(error)}`, advice)
  }
}

/** It takes no lock: that would withdraw a collection that is about to begin. */
const collector = insideCheck('collector', async ({ inside }) => {
  const { command } = inside.config.collect
  if (command === undefined) {
    return warning(
      'no collector is configured, so deleted images free no disk',
      'set WARDEN_GC_COMMAND and WARDEN_GC_LOCK where the service reaches the storage of the registry',
    )
  }
  const { words, lock } = command
  const missing = await findMissing([words[0] ?? '', ...KEEPERS])
  if (missing !== undefined) {
    const advice = `install it here, where the service runs; it is looked for in ${COLLECTOR_PATH}`
    return fault(`the program ${missing} is not there`, advice)
  }
  if (!(await mayUse(dirname(lock), constants.W_OK))) {
    const advice = 'let the service write there, beside the storage of the registry'
    return fault(`${dirname(lock)}, the folder of WARDEN_GC_LOCK, cannot be written to`, advice)
  }
  for (const path of words.filter((word) => CONFIG_FILE.test(word))) {
    const wrong = await findConfigFault(path)
    if (wrong !== undefined) return wrong
  }
  return ok(`${basename(words[0] ?? '')} can be run, under the lock ${lock}`)
})

export const COLLECTOR_CHECKS = [collector] as const
