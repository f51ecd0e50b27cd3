const GRAM = 3

/**
 * Where a search by prefix may begin in a repository name: at every path segment, and at every word
 * of one, to the end of the segment. `acme/web-api` has `acme`, `web-api` and `api`.
 */
export function segmentsOf(name: string): readonly string[] {
  const found = new Set<string>()
  for (const segment of name.split('/')) {
    for (const { index } of segment.matchAll(/[a-z0-9]+/g)) found.add(segment.slice(index))
  }
  return [...found]
}

/** Every three letters in a row, for a search by any part of the name. */
export function gramsOf(name: string): readonly string[] {
  const found = new Set<string>()
  for (let at = 0; at + GRAM <= name.length; at++) found.add(name.slice(at, at + GRAM))
  return [...found]
}
