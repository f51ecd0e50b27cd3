import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const sizeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.size

/** Files of a repository that lead to its tags, manifests and layers. */
const linksOf = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('/link'))
    .map((path) => join(dir, path))

const hexOf = (digest: string): string => digest.replace('sha256:', '')

const contentOf = (storageDir: string, digest: string): string => {
  const hex = hexOf(digest)
  return join(storageDir, 'blobs/sha256', hex.slice(0, 2), hex, 'data')
}

/**
 * Whether the stock registry left a tag half written when it was killed: its own file, or what leads
 * from there to its manifest. Nobody can read it then, until it is pushed again.
 */
export function isTagTorn(
  storageDir: string,
  { repository, tag }: { readonly repository: string; readonly tag: string },
): boolean {
  const dir = join(storageDir, 'repositories', repository, '_manifests')
  const link = join(dir, 'tags', tag, 'current/link')
  const size = sizeOf(link)
  if (size === undefined || size === 0) return size === 0
  const digest = readFileSync(link, 'utf8')
  const revision = join(dir, 'revisions/sha256', hexOf(digest), 'link')
  return [revision, contentOf(storageDir, digest)].some((path) => sizeOf(path) === 0)
}

/**
 * Whether the stock registry left something of a repository half written when it was killed: it empties
 * a file before it writes it, so that what was cut off in between is an empty one.
 */
export function isTorn(
  storageDir: string,
  repository: string,
  digests: readonly string[],
): boolean {
  const dir = join(storageDir, 'repositories', repository)
  if (sizeOf(dir) === undefined) return false
  const contents = digests.map((digest) => contentOf(storageDir, digest))
  return [...linksOf(dir), ...contents].some((path) => sizeOf(path) === 0)
}
