import Table from 'cli-table3'
import type { CommandLine } from './command-line.ts'

/** Control characters and those that turn the direction of text: names come from strangers (R33). */
const UNSAFE = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu

export const printable = (text: string): string => text.replace(UNSAFE, '?')

export type Cell = string | number | boolean | null | undefined

const toText = (cell: Cell): string =>
  cell === null || cell === undefined ? '-' : printable(String(cell))

/** A table without frames, for people. */
export function printTable(
  { stdout }: CommandLine,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): void {
  const table = new Table({
    head: [...head],
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '  ',
    },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  table.push(...rows.map((row) => row.map(toText)))
  stdout.write(`${table.toString()}\n`)
}

const escapeUnit = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** One line of JSON, for programs; what a terminal would obey is written as an escape. */
export function printJson({ stdout }: CommandLine, value: unknown): void {
  stdout.write(`${JSON.stringify(value).replace(UNSAFE, escapeUnit)}\n`)
}

/** A sentence for the person: not data. */
export function say({ stderr }: CommandLine, sentence: string): void {
  stderr.write(`${printable(sentence)}\n`)
}
