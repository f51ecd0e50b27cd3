import { readFileSync } from 'node:fs'
import { closest, distance } from 'fastest-levenshtein'
import { CLIENT_VARIABLES, VARIABLES } from './variables.ts'

const PREFIX = 'WARDEN_'
const FILE_SUFFIX = '_FILE'
const NAMES: readonly string[] = [...Object.keys(VARIABLES), ...Object.keys(CLIENT_VARIABLES)]

export interface Environment {
  readonly values: Readonly<Record<string, string>>
  readonly faults: readonly string[]
  readonly warnings: readonly string[]
}

const suggestion = (name: string): string => {
  const base = name.endsWith(FILE_SUFFIX) ? name.slice(0, -FILE_SUFFIX.length) : name
  const nearest = closest(base, [...NAMES])
  return distance(base, nearest) <= 6 ? `; did you mean ${nearest}?` : ''
}

type Reading =
  | { readonly name: string; readonly value: string }
  | { readonly fault: string }
  | { readonly warning: string }

function readFromFile(name: string, variable: string, path: string): Reading {
  try {
    return { name, value: readFileSync(path, 'utf8').replace(/\r?\n$/, '') }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { fault: `${variable} names a file that cannot be read: ${reason}` }
  }
}

function readVariable(env: NodeJS.ProcessEnv, variable: string, text: string): Reading {
  if (NAMES.includes(variable)) {
    const twin = `${variable}${FILE_SUFFIX}`
    if (env[twin]) return { fault: `${variable} and ${twin} are both set; keep one of them` }
    return { name: variable, value: text }
  }
  const name = variable.endsWith(FILE_SUFFIX) ? variable.slice(0, -FILE_SUFFIX.length) : ''
  if (NAMES.includes(name)) return readFromFile(name, variable, text)
  return { warning: `${variable} is not a variable of registry-warden${suggestion(variable)}` }
}

/**
 * Picks our variables out of an environment; `NAME_FILE` gives the content of a file, less one
 * trailing newline. An empty variable counts as not set (compose passes those).
 */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const readings = Object.entries(env).flatMap(([variable, text]) =>
    variable.startsWith(PREFIX) && text ? [readVariable(env, variable, text)] : [],
  )
  return {
    values: Object.fromEntries(readings.flatMap((r) => ('value' in r ? [[r.name, r.value]] : []))),
    faults: readings.flatMap((r) => ('fault' in r ? [r.fault] : [])),
    warnings: readings.flatMap((r) => ('warning' in r ? [r.warning] : [])),
  }
}
