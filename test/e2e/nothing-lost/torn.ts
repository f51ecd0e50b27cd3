import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const sizeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.size

/** Files of a repository that lead to its tags, manifests and layers. */
const linksOf = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('/link'))
    .map((path) => join(dir, path))

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
  const contents = digests.map((digest) => {
    const hex = digest.replace('sha256:', '')
    return join(storageDir, 'blobs/sha256', hex.slice(0, 2), hex, 'data')
  })
  return [...linksOf(dir), ...contents].some((path) => sizeOf(path) === 0)
}
