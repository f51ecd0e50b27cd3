import { type Command, InvalidArgumentError } from 'commander'
import type { Listing } from '../client/types.ts'
import type { CommandLine } from './command-line.ts'
import { type Cell, printJson, printTable, say } from './output.ts'

export interface JsonOption {
  readonly json?: boolean
}

export interface ListOptions extends JsonOption {
  readonly limit?: number
}

/** Gives a verb the option of every verb that has data. */
export const withJson = (command: Command): Command => command.option('--json', 'print JSON')

function parseLimit(text: string): number {
  const limit = Number(text)
  if (/^\d{1,9}$/.test(text) && limit > 0) return limit
  throw new InvalidArgumentError('must be a whole number from 1')
}

/** Gives a verb the options of every list. */
export const withListOptions = (command: Command): Command =>
  withJson(command).option('--limit <number>', 'stop after so many; all by default', parseLimit)

export interface Column<T> {
  readonly head: string
  readonly cell: (item: T) => Cell
}

interface ListingInput<T> {
  readonly listing: Listing<T>
  readonly options: ListOptions
  readonly columns: readonly Column<T>[]
  /** What to say where there is nothing, such as `There are no users.` */
  readonly none: string
}

/** A table to people, `{"items":[…]}` to programs. */
export function printListing<T>(
  commandLine: CommandLine,
  { listing: { items, hasMore }, options, columns, none }: ListingInput<T>,
): void {
  if (options.json) printJson(commandLine, { items })
  else if (items.length === 0) say(commandLine, none)
  else {
    const head = columns.map((column) => column.head)
    const rows = items.map((item) => columns.map(({ cell }) => cell(item)))
    printTable(commandLine, head, rows)
  }
  if (hasMore) say(commandLine, `These are the first ${items.length}; there are more.`)
}

/** One thing: its columns one below the other, or the whole of it as JSON. */
export function printOne<T>(
  commandLine: CommandLine,
  {
    item,
    options,
    columns,
  }: { readonly item: T; readonly options: JsonOption; readonly columns: readonly Column<T>[] },
): void {
  if (options.json) {
    printJson(commandLine, item)
    return
  }
  const rows = columns.map(({ head, cell }) => [head, cell(item)])
  printTable(commandLine, ['field', 'value'], rows)
}

interface DoneInput {
  readonly result: unknown
  readonly options: JsonOption
  /** What was done and what may come next, a line each. */
  readonly sentences: readonly string[]
}

/** After a change: the new state to programs, sentences to people. */
export function reportDone(
  commandLine: CommandLine,
  { result, options, sentences }: DoneInput,
): void {
  if (options.json) printJson(commandLine, result)
  else for (const sentence of sentences) say(commandLine, sentence)
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** `1500000` becomes `1.5 MB`, in the units that docker shows. */
export function formatSize(sizeBytes: number | null): string | null {
  if (sizeBytes === null) return null
  let value = sizeBytes
  let unit = 0
  // 999.95 would be shown as 1000.0 of the smaller unit.
  while (value >= 999.95 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`
}
