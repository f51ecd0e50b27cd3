/** One row of a table of rights: who may what, as people read it. */
export interface Row<C extends string> {
  readonly title: string
  /** First words of the row, such as a method and a path. */
  readonly words: readonly string[]
  readonly cells: readonly { readonly caller: C; readonly expected: string }[]
}

/**
 * Reads a table in plain text: a row has its words and then a cell for each caller. Lines with no
 * more than words are headings.
 */
export function readTable<C extends string>(
  text: string,
  callers: readonly C[],
): readonly Row<C>[] {
  const rows: Row<C>[] = []
  for (const line of text.split('\n')) {
    const parts = line.trim().split(/\s+/)
    const values = parts.slice(-callers.length)
    const isHeading =
      parts.length <= callers.length || !values.every((v) => /^(?:\d{3}|\+|-)$/.test(v))
    if (isHeading) {
      if (/^(?:GET|POST|PUT|PATCH|DELETE) /.test(line.trim())) throw new Error(`bad row: ${line}`)
      continue
    }
    const words = parts.slice(0, -callers.length)
    const cells = callers.map((caller, at) => ({ caller, expected: values[at] ?? '' }))
    rows.push({ title: words.join(' '), words, cells })
  }
  return rows
}

/** A row again as text, so that what differs from the table is seen at a glance. */
export const writeCells = (cells: readonly (readonly [string, string])[]): string =>
  cells.map(([caller, value]) => `${caller} ${value}`).join(', ')
