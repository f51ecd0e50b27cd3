import Table from 'cli-table3'
import type { Row } from './measure.ts'

/** Of each sort. */
const MOST_TOLD = 10

const HEAD = [
  'fault',
  'requests',
  'failed',
  'longest gap (s)',
  'lost writes',
  'recovered by itself after (s)',
]

const countsOf = (row: Row): string => {
  const kinds = Object.entries(row.failedByKind).map(([kind, count]) => `${kind} ${count}`)
  return row.failed === 0 ? '0' : `${row.failed}: ${kinds.join(', ')}`
}

function cellsOf(row: Row): readonly string[] {
  if (row.skipped !== undefined) return [row.fault, `not done: ${row.skipped}`, '', '', '', '']
  const { longestGap, recoveredSeconds } = row
  return [
    row.fault,
    String(row.requests),
    countsOf(row),
    `${longestGap.seconds.toFixed(1)} (${longestGap.kind})`,
    String(row.lost.length),
    recoveredSeconds === undefined ? 'never' : recoveredSeconds.toFixed(1),
  ]
}

/** For people. */
export function renderTable(rows: readonly Row[]): string {
  const table = new Table({ head: [...HEAD], style: { head: [] } })
  for (const row of rows) table.push([...cellsOf(row)])
  return table.toString()
}

/** Figures of single rows. */
export const renderTold = (rows: readonly Row[]): readonly string[] =>
  rows.flatMap(({ fault, told }) => told.map((line) => `${fault}: ${line}`))

/** What was missed, with what is known of it; empty where all was reached. */
export const renderMissed = (rows: readonly Row[]): readonly string[] =>
  rows.flatMap(({ fault, missed, lost, wrongGrants, reasons }) =>
    missed.length === 0
      ? []
      : [
          `${fault}: missed: ${missed.join('; ')}`,
          ...[lost, wrongGrants, reasons]
            .flatMap((those) => those.slice(0, MOST_TOLD))
            .map((line) => `  ${line}`),
        ],
  )

/** For documents. */
export const renderMarkdown = (rows: readonly Row[]): string =>
  [HEAD, HEAD.map(() => '---'), ...rows.map(cellsOf)]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
