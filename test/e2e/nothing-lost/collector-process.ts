import { readdirSync, readFileSync } from 'node:fs'

export interface CollectorProcess {
  /** @returns its id; undefined: none runs, or none that was not found before */
  readonly find: () => number | undefined
  /** @returns whether it was still there */
  readonly signal: (pid: number, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT') => boolean
  /** Who started the program that keeps its limit. */
  readonly ownerOf: (pid: number) => number | undefined
}

function readOf(pid: number | string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // It has ended.
    return ''
  }
}

function parentOf(pid: number): number | undefined {
  const [, parent] = /^PPid:\s+(\d+)$/m.exec(readOf(pid, 'status')) ?? []
  return parent === undefined ? undefined : Number(parent)
}

/** Looks for the collector that reads this configuration: the program itself, not what is around it. */
export function watchCollector(configPath: string): CollectorProcess {
  const known = new Set<string>()
  const isCollector = (pid: string): boolean => {
    const [program = '', ...rest] = readOf(pid, 'cmdline').split('\0')
    return program.endsWith('docker-registry') && rest.includes(configPath)
  }
  return {
    find: () => {
      const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
      const found = pids.find((pid) => !known.has(pid) && isCollector(pid))
      if (found === undefined) return undefined
      known.add(found)
      return Number(found)
    },
    signal: (pid, signal) => {
      try {
        process.kill(pid, signal)
        return true
      } catch {
        return false
      }
    },
    ownerOf: (pid) => {
      const limiter = parentOf(pid)
      return limiter === undefined ? undefined : parentOf(limiter)
    },
  }
}
