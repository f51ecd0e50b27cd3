/** Values of the registry's configuration file by their path, such as `auth.token.issuer`. */
export type RegistryConfig = ReadonlyMap<string, string>

const ENTRY = /^( *)([\w-]+):(?:\s+(.*))?$/

function unquote(text: string): string {
  if (/^".*"$/.test(text)) {
    try {
      return String(JSON.parse(text))
    } catch {
      return text
    }
  }
  return /^'.*'$/.test(text) ? text.slice(1, -1).replaceAll("''", "'") : text
}

/** A sign of a comment counts at the beginning or after a space, and not within quotes. */
const withoutComment = (text: string): string =>
  /^["']/.test(text)
    ? (/^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/.exec(text)?.[1] ?? text)
    : text.replace(/(?:^|\s)#.*$/, '').trim()

/**
 * Reads what a doctor has to know of the registry's configuration: keys and plain or quoted values,
 * one a line, as every example of it is written. Lists are passed over; a mapping on one line
 * (`{a: b}`) stays the text that it is.
 */
export function parseRegistryConfig(text: string): RegistryConfig {
  const values = new Map<string, string>()
  const parents: { readonly indent: number; readonly key: string }[] = []
  for (const line of text.split(/\r?\n/)) {
    const [, spaces = '', key = '', rest = ''] = ENTRY.exec(line) ?? []
    if (key === '') continue
    while ((parents.at(-1)?.indent ?? -1) >= spaces.length) parents.pop()
    parents.push({ indent: spaces.length, key })
    const value = unquote(withoutComment(rest))
    if (value !== '') values.set(parents.map((parent) => parent.key).join('.'), value)
  }
  return values
}

/** All that stands at a path or below it, as text. */
export const below = (config: RegistryConfig, path: string): string =>
  [...config]
    .filter(([name]) => name === path || name.startsWith(`${path}.`))
    .map(([, value]) => value)
    .join(' ')
