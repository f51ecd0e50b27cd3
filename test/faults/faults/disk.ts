import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault } from '../fault.ts'

const FULL_MS = 10_000
const PIECE = Buffer.alloc(1024 * 1024)
/** Robots with so many and so long patterns that tables have to grow. */
const LARGE_EVERY_MS = 100
const LARGE = Array.from({ length: 20 }, (_, one) => ({
  repositories: Array.from({ length: 10 }, (_, n) => `${'d'.repeat(200)}-${one}-${n}/**`),
  actions: ['pull'],
}))

/** Takes what is left, and again what others give back. */
function fill(path: string): void {
  const file = openSync(path, 'a')
  try {
    for (;;) if (writeSync(file, PIECE) === 0) return
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  } finally {
    closeSync(file)
  }
}

export const fullDisk: Omit<Fault, 'name'> = {
  obstacle: ({ diskDir }) => (diskDir === undefined ? 'no tmpfs may be mounted here' : undefined),
  act: async ({ site, load, over }) => {
    const { diskDir = '' } = site
    const path = join(diskDir, 'filler')
    const untilMs = performance.now() + FULL_MS
    const asked: Promise<void>[] = []
    try {
      while (performance.now() < untilMs) {
        fill(path)
        asked.push(load.writes.makeRobot(LARGE))
        await new Promise((resolve) => setTimeout(resolve, LARGE_EVERY_MS))
      }
      if (statfsSync(diskDir).bavail > 1024) throw new Error('the disk never was full')
    } finally {
      rmSync(path, { force: true })
    }
    over()
    // MariaDB ends where it cannot even roll back; whoever looks after it starts it again.
    if (site.hasEnded('database')) await site.start('database')
    await Promise.all(asked)
  },
}
