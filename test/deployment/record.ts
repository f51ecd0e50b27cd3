import Table from 'cli-table3'

export type State = 'shown' | 'FAILED' | 'not shown'

export interface Row {
  readonly part: string
  readonly what: string
  readonly state: State
  readonly note: string
}

/** What was shown, and what not. */
export interface Record {
  /** Shown unless it throws. @returns whether it was */
  readonly show: (what: string, body: () => Promise<string | undefined>) => Promise<boolean>
  readonly skip: (what: string, why: string) => void
  readonly under: (part: string) => Record
  readonly rows: readonly Row[]
}

const firstLines = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n').slice(0, 4).join('\n')

export function openRecord(say: (line: string) => void): Record {
  const rows: Row[] = []
  const add = (row: Row): void => {
    rows.push(row)
    say(`${row.state === 'shown' ? '  ok' : `  ${row.state}`}  ${row.part}: ${row.what}`)
  }
  const under = (part: string): Record => ({
    show: async (what, body) => {
      try {
        add({ part, what, state: 'shown', note: (await body()) ?? '' })
        return true
      } catch (error) {
        say(error instanceof Error ? (error.stack ?? error.message) : String(error))
        add({ part, what, state: 'FAILED', note: firstLines(error) })
        return false
      }
    },
    skip: (what, why) => add({ part, what, state: 'not shown', note: why }),
    under,
    rows,
  })
  return under('')
}

export function renderRows(rows: readonly Row[]): string {
  const table = new Table({
    head: ['part', 'what', '', 'how'],
    style: { head: [] },
    colWidths: [16, 58, 11, 50],
    wordWrap: true,
  })
  for (const { part, what, state, note } of rows) table.push([part, what, state, note])
  return table.toString()
}
