import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** Commands that a document shows, and where. */
export interface CommandBlock {
  /** The heading above it. */
  readonly section: string
  /** Below that heading, from 1. */
  readonly number: number
  readonly commands: string
}

/** Every command block of a document, in its order. */
export function readBlocks(path: string): readonly CommandBlock[] {
  const blocks: CommandBlock[] = []
  const text = readFileSync(resolve(path), 'utf8')
  for (const part of text.split(/^##+ /m)) {
    const section = part.slice(0, part.indexOf('\n'))
    const found = [...part.matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
    blocks.push(...found.map(([, commands = ''], at) => ({ section, number: at + 1, commands })))
  }
  return blocks
}

/** What a person types, a command each, with the lines that it goes on in. */
export const linesOf = ({ commands }: CommandBlock): readonly string[] =>
  commands.trimEnd().split(/(?<!\\)\n/)
