import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { type PartName, WARDENS } from '../parts.ts'

/** Until whoever looks after it starts it again. */
const AWAY_MS = 2000
const STOPPED_MS = 6000
const SLOW_MS = 6000
const LONG_MS = 30_000

export const kill = (...parts: readonly PartName[]): Omit<Fault, 'name'> => ({
  act: async ({ site, over }) => {
    await Promise.all(parts.map(site.kill))
    await sleep(AWAY_MS)
    over()
    await Promise.all(parts.map((part) => site.start(part)))
  },
})

export const stop = (...parts: readonly PartName[]): Omit<Fault, 'name'> => ({
  act: async ({ site }) => {
    for (const part of parts) site.signal(part, 'SIGSTOP')
    await sleep(STOPPED_MS)
    for (const part of parts) site.signal(part, 'SIGCONT')
  },
})

export const restart = (...parts: readonly PartName[]): Omit<Fault, 'name'> => ({
  act: async ({ site, over }) => {
    await Promise.all(parts.map(site.end))
    over()
    await Promise.all(parts.map((part) => site.start(part)))
  },
})

export const slow = (...parts: readonly PartName[]): Omit<Fault, 'name'> => ({
  act: async ({ site }) => {
    await Promise.all(parts.map((part) => site.slow(part, SLOW_MS)))
  },
})

/** Each is told to end, started again, and answers before the next one is told. */
export const rollingRestart: Omit<Fault, 'name'> = {
  goal: 'no request fails',
  act: async ({ site }) => {
    for (const part of WARDENS) {
      await site.end(part)
      await site.start(part)
    }
  },
}

export const databaseAway: Omit<Fault, 'name'> = {
  goal: 'no warm token fails',
  act: async ({ site, over }) => {
    await site.kill('database')
    await sleep(LONG_MS)
    over()
    await site.start('database')
  },
}

/** Connections that clients keep are closed by it, also where one is just writing into it. */
export const reloadNginx: Omit<Fault, 'name'> = {
  act: async ({ site }) => {
    site.tell('nginx', 'SIGHUP')
    await sleep(AWAY_MS)
  },
}
