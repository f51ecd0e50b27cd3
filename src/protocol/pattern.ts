const SEGMENTS = 16

const PATTERN = /^[A-Za-z0-9._*/-]+$/

/** A pattern is what names are made of, with `*` inside one path segment and `**` for any depth. */
export function isPattern(text: string): boolean {
  if (text.length > 255 || !PATTERN.test(text)) return false
  const segments = text.split('/')
  return (
    segments.length <= SEGMENTS &&
    segments.every((segment) => segment !== '' && (segment === '**' || !segment.includes('**')))
  )
}

/**
 * Holds a list of parts against a list of pattern parts where `star` stands for any number of parts.
 * The last star alone is tried again, so the work is bounded by the product of the lengths: no
 * pattern from outside can make it slow, as a regular expression could be made.
 */
function matchParts(
  pattern: readonly string[],
  parts: readonly string[],
  star: string,
  equal: (pattern: string, part: string) => boolean,
): boolean {
  let p = 0
  let n = 0
  let starAt = -1
  let resumeAt = 0
  while (n < parts.length) {
    const wanted = pattern[p]
    if (wanted === star) {
      starAt = p++
      resumeAt = n
    } else if (wanted !== undefined && equal(wanted, parts[n] ?? '')) {
      p++
      n++
    } else if (starAt === -1) {
      return false
    } else {
      p = starAt + 1
      n = ++resumeAt
    }
  }
  return pattern.slice(p).every((part) => part === star)
}

/** What stands between stars is looked for once, from left to right: thousands of tags may be held against it. */
function matchSegment(pattern: string, segment: string): boolean {
  const [first = '', ...others] = pattern.split('*')
  const last = others.pop()
  if (last === undefined) return pattern === segment
  const end = segment.length - last.length
  if (end < first.length || !segment.startsWith(first) || !segment.endsWith(last)) return false
  let at = first.length
  for (const part of others) {
    const found = segment.indexOf(part, at)
    if (found === -1 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}

/**
 * Whether every name that fits `inner` fits `outer` too. Only what is certain counts: an answer of
 * no may be too strict, an answer of yes never is.
 */
export const coversPattern = (outer: string, inner: string): boolean =>
  matchParts(
    outer.split('/'),
    inner.split('/'),
    '**',
    // A star of the inner one is taken as a letter, which only a star of the outer one takes.
    (wanted, part) => part !== '**' && matchSegment(wanted, part),
  )

/**
 * Whether a repository path or a tag fits a pattern: `*` is any text within one path segment, `**`
 * any number of segments, none included.
 */
export const matchesPattern = (pattern: string, name: string): boolean =>
  matchParts(pattern.split('/'), name.split('/'), '**', matchSegment)
