import { readdirSync, readFileSync } from 'node:fs'

const readCommand = (pid: string): readonly string[] => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

/** Processes of this machine that have a word in their command line, by their number. */
export const findProcesses = (word: string): ReadonlyMap<number, readonly string[]> =>
  new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [Number(pid), readCommand(pid)] as const)
      .filter(([, words]) => words.some((part) => part.includes(word))),
  )

/** Those of them whose program is that. */
export const findProgram = (word: string, program: string): readonly number[] =>
  [...findProcesses(word)].filter(([, [name]]) => name === program).map(([pid]) => pid)
