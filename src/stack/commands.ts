import { accessSync, constants } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { StackError } from './stack-error.ts'

/** Servers live there, and Debian leaves these folders out of the PATH of ordinary users. */
const SERVER_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** Top folder of the project, seen from the compiled file. */
export const PROJECT_DIR = resolve(import.meta.dirname, '../../..')

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Path of a command, or undefined when it is not installed. */
export function findCommand(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = [...(env.PATH ?? '').split(delimiter).filter(Boolean), ...SERVER_FOLDERS]
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

/** @throws StackError when it is not installed */
export function requireCommand(name: string, env: NodeJS.ProcessEnv): string {
  const path = findCommand(name, env)
  if (path === undefined) throw new StackError(`the command ${name} is not installed`)
  return path
}

const PASSED_ON = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SSL_CERT_FILE']

/** What a part gets of our environment: nothing that could configure it behind our back. */
export function plainEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(PASSED_ON.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))
}
