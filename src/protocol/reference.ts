/**
 * Repository names, tags and digests, as the registry reads them.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 */

const REPOSITORY =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const REPOSITORY_LENGTH = 255
const PROJECT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const PROJECT_LENGTH = 64
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/

/** Path segments with a meaning of their own below a repository; the last one of a path wins. */
const RESERVED = /(?:^|\/)(?:tags|manifests|blobs|referrers)(?:\/|$)/

/** The project of names without a slash, such as `ubuntu`. */
export const LIBRARY = 'library'

export const isRepositoryName = (text: string): boolean =>
  text.length <= REPOSITORY_LENGTH && REPOSITORY.test(text)

/** A project is the first path segment of its repositories, so it follows their grammar. */
export const isProjectName = (text: string): boolean =>
  text.length <= PROJECT_LENGTH && PROJECT.test(text)

export const isTag = (text: string): boolean => TAG.test(text)

export const isDigest = (text: string): boolean => DIGEST.test(text)

/** `acme/team/api` belongs to the project `acme`, `ubuntu` to `library`. */
export function projectOf(repository: string): string {
  const slash = repository.indexOf('/')
  return slash === -1 ? LIBRARY : repository.slice(0, slash)
}

/** The part of a name that patterns inside a project are held against: `team/api` of `acme/team/api`. */
export function pathInProject(repository: string): string {
  return repository.slice(repository.indexOf('/') + 1)
}

/**
 * Whether a name holds a word that the registry's own routes use, such as `acme/app/tags`.
 * The registry takes such names, but nobody can tell their paths apart, so new pushes are refused.
 */
export const hasReservedSegment = (repository: string): boolean => RESERVED.test(repository)
