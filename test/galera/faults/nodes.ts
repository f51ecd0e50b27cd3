import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DatabaseName } from '../../faults/databases.ts'
import { NODES } from '../../faults/databases.ts'
import type { Fault } from '../../faults/fault.ts'
import { removeDir } from '../../support/temporary-dir.ts'

/** Longer than the others wait for one that says nothing, which is five seconds. */
const AWAY_MS = 12_000
const BETWEEN_MS = 2000

/** It is started again as systemd would, and brings itself up to date by the others. */
export const killNode = (node: DatabaseName): Omit<Fault, 'name'> => ({
  cutsOff: true,
  act: async ({ site, over }) => {
    await site.kill(node)
    await sleep(AWAY_MS)
    over()
    await site.start(node)
  },
})

/** As where a host is lost: a new one has nothing, and is sent all of it. */
export const replaceNode = (node: DatabaseName): Omit<Fault, 'name'> => ({
  cutsOff: true,
  act: async ({ site, over }) => {
    await site.kill(node)
    removeDir(join(site.place.dir, node, 'data'))
    await sleep(AWAY_MS)
    over()
    await site.start(node)
  },
})

/** The others go on without it, and it wakes up with what it had then. */
export const hangNode = (node: DatabaseName): Omit<Fault, 'name'> => ({
  cutsOff: true,
  act: async ({ site }) => {
    site.signal(node, 'SIGSTOP')
    await sleep(AWAY_MS)
    site.signal(node, 'SIGCONT')
  },
})

/** As for a new version of the server: each has caught up before the next one is told to end. */
export const rollingRestart: Omit<Fault, 'name'> = {
  cutsOff: true,
  act: async ({ site }) => {
    for (const node of NODES) {
      await site.end(node)
      await site.start(node)
      await sleep(BETWEEN_MS)
    }
  },
}

/**
 * As where the power fails: they find each other again by what they wrote down of their cluster, which may
 * take longer than the grace is here.
 */
export const killAllNodes: Omit<Fault, 'name'> = {
  cutsOff: true,
  act: async ({ site, over }) => {
    await Promise.all(NODES.map(site.kill))
    await sleep(BETWEEN_MS)
    over()
    await Promise.all(NODES.map(site.start))
  },
}
