import { AppError } from '../errors.ts'
import type { Access } from '../protocol/scope.ts'
import type { RegistryAnswer } from './transport.ts'

/** The most that is read of an answer that only says yes or no. */
export const ERROR_BYTES = 64 * 1024
const LOGGED_CHARACTERS = 300

export const repositoryAccess = (
  name: string,
  ...actions: readonly string[]
): readonly Access[] => [{ type: 'repository', name, actions }]

/** What the registry said stays in the cause, for the log: it may name inner addresses and paths. */
export const unexpected = (what: string, { status, body }: RegistryAnswer): AppError =>
  new AppError('REGISTRY_FAILED', {
    detail: `the registry answered ${status} to ${what}`,
    cause: new Error(body.toString('utf8').slice(0, LOGGED_CHARACTERS)),
  })

/** A header's text, '' where there is none. */
export const header = (answer: RegistryAnswer, name: string): string =>
  String(answer.headers[name] ?? '')
