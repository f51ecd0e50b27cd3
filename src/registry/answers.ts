import { z } from 'zod'
import { AppError } from '../errors.ts'
import { isDigest } from '../protocol/reference.ts'
import type { Access } from '../protocol/scope.ts'
import type { RegistryAnswer } from './transport.ts'

/** The most that is read of an answer that only says yes or no. */
export const ERROR_BYTES = 64 * 1024
const LOGGED_CHARACTERS = 300

export const repositoryAccess = (
  name: string,
  ...actions: readonly string[]
): readonly Access[] => [{ type: 'repository', name, actions }]

/** A header's text, '' where there is none. */
export const header = (answer: RegistryAnswer, name: string): string =>
  String(answer.headers[name] ?? '')

/**
 * The digest of what was answered. Who asks by a digest gets that one, or an answer that is not to be
 * believed: what the index writes down under a digest stays.
 */
export function readDigest(answer: RegistryAnswer, reference: string, what: string): string {
  const digest = header(answer, 'docker-content-digest')
  if (!isDigest(digest)) throw unexpected(`${what} without a digest`, answer)
  if (isDigest(reference) && reference !== digest) {
    throw unexpected(`${what} with another digest`, answer)
  }
  return digest
}

/** Codes by which the registry itself says that something is not there. */
const UNKNOWN_CODES: ReadonlySet<string> = new Set([
  'MANIFEST_UNKNOWN',
  'NAME_UNKNOWN',
  'BLOB_UNKNOWN',
])

const errorsSchema = z.object({ errors: z.array(z.object({ code: z.string() })).min(1) })

function codesOf({ body }: RegistryAnswer): readonly string[] {
  try {
    return errorsSchema.parse(JSON.parse(body.toString('utf8'))).errors.map(({ code }) => code)
  } catch {
    return []
  }
}

/** A 404 of a proxy, or of storage that lost its disk, is no word of the registry's (R30). */
export function isUnknown(answer: RegistryAnswer): boolean {
  const codes = answer.status === 404 ? codesOf(answer) : []
  return codes.length > 0 && codes.every((code) => UNKNOWN_CODES.has(code))
}

/** Whether the registry itself refuses by this code. */
export const isRefusal = (answer: RegistryAnswer, status: number, code: string): boolean =>
  answer.status === status && codesOf(answer).includes(code)

class OwnFailure extends Error {}

/** What the registry said stays in the cause, for the log: it may name inner addresses and paths. */
export function unexpected(what: string, answer: RegistryAnswer): AppError {
  const words = answer.body.toString('utf8').slice(0, LOGGED_CHARACTERS)
  return new AppError('REGISTRY_FAILED', {
    detail: `the registry answered ${answer.status} to ${what}`,
    cause: isRefusal(answer, 500, 'UNKNOWN') ? new OwnFailure(words) : new Error(words),
  })
}

/**
 * Whether the registry itself said that it failed, and so is at it no more: as with a tag whose file
 * it left half written. What stands in front of it, and silence, have other words; a HEAD has none.
 */
export const isOwnFailure = (error: unknown): error is AppError =>
  error instanceof AppError && error.cause instanceof OwnFailure
