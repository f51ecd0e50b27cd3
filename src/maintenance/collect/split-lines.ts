import { StringDecoder } from 'node:string_decoder'

/** Longer ones are cut: nobody knows what a program prints. */
const LONGEST_LINE = 4096

/** What takes the pieces of a program's output, and tells it line by line. */
export interface LineSplitter {
  readonly write: (chunk: Buffer) => void
  /** Tells what is left without an end of its line. */
  readonly end: () => void
}

export function splitLines(onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8')
  let begun = ''
  const tell = (line: string): void => {
    if (line !== '') onLine(line.slice(0, LONGEST_LINE))
  }
  return {
    write: (chunk) => {
      const [first = '', ...rest] = decoder.write(chunk).split('\n')
      begun = (begun + first).slice(0, LONGEST_LINE)
      for (const line of rest) {
        tell(begun)
        begun = line.slice(0, LONGEST_LINE)
      }
    },
    end: () => {
      tell(begun + decoder.end())
      begun = ''
    },
  }
}
