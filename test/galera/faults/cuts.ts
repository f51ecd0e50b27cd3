import { setTimeout as sleep } from 'node:timers/promises'
import { apiRequest, tokenRequest } from '../../faults/client.ts'
import { type DatabaseName, NODES } from '../../faults/databases.ts'
import type { Fault, Stage } from '../../faults/fault.ts'
import { makeRobot, must } from '../../faults/people.ts'
import { ALICE, type Person } from '../../support/stack.ts'
import { waitFor } from '../../support/wait-for.ts'
import { cutAll, cutObstacle, cutOff } from '../cut.ts'
import { GRACE_SECONDS } from '../grace.ts'
import { readNode, readTables } from '../status.ts'
import { askToken, atWarden, isGranted, sendUntil } from '../wardens.ts'

const CUT_MS = (GRACE_SECONDS + 8) * 1000
const NOTICED_MS = 20_000
const LOOK_MS = 250
/** Between two looks at the database that a process takes for true. */
const FELT_MS = 1000

/**
 * Looks at a node that is cut off as its process does. Until it misses the others it may answer from
 * what it knows. @returns when the last look began that it answered, at the earliest the cut
 */
async function watchLooks({ site }: Stage, node: DatabaseName, cutMs: number): Promise<number> {
  let lastMs = cutMs
  try {
    for (;;) {
      const beganMs = performance.now()
      await readTables(site.place, node, 'SELECT counter FROM change_version')
      lastMs = beganMs
      await sleep(LOOK_MS)
    }
  } catch {
    return lastMs
  }
}

/** How long after the cut a process whose node is cut off still grants what the others took away. */
async function watchGrace(stage: Stage, robot: Person, cutMs: number): Promise<number> {
  let lastMs = cutMs
  while (performance.now() < cutMs + CUT_MS) {
    const askedMs = performance.now()
    const answer = await askToken(stage, 2, robot).catch(() => undefined)
    if (answer !== undefined && isGranted(answer)) lastMs = askedMs
    await sleep(LOOK_MS)
  }
  return lastMs
}

/** It begins with the last look that the node answered. */
async function checkGrace(
  { tell, miss }: Stage,
  { cutMs, looks, grants }: { cutMs: number; looks: Promise<number>; grants: Promise<number> },
): Promise<void> {
  const [lookMs, grantMs] = await Promise.all([looks, grants])
  const secondsAfter = (fromMs: number): string => ((grantMs - fromMs) / 1000).toFixed(1)
  tell(
    `a right taken away meanwhile was granted by the process of that node for ${secondsAfter(cutMs)} s, and for ${secondsAfter(lookMs)} s after the last look that the node answered`,
  )
  // The process may have looked later than we did, but not by more than one of our pauses.
  if (grantMs - lookMs > GRACE_SECONDS * 1000 + FELT_MS + LOOK_MS) miss('the grace ends')
}

/** Its process has its grace, and the two others go on. */
export const cutNode = (node: DatabaseName): Omit<Fault, 'name'> => ({
  cutsOff: true,
  obstacle: cutObstacle,
  act: async (stage) => {
    const { site, load, over, tell } = stage
    const name = `cut-${Math.round(performance.now())}`
    const robot = await makeRobot(load.client, 'acme', name)
    await sendUntil(() => askToken(stage, 2, robot), isGranted, NOTICED_MS)
    const heal = await cutOff(site, node)
    try {
      const cutMs = performance.now()
      const looks = watchLooks(stage, node, cutMs)
      const grants = watchGrace(stage, robot, cutMs)
      const path = `/projects/acme/robots/${name}`
      const remove = atWarden(site, 0, apiRequest('DELETE', path))
      const goneMs = await sendUntil(
        () => load.client.send(remove),
        ({ status }) => status === 204 || status === 404,
        NOTICED_MS,
      )
      tell(`the two others wrote again after ${((goneMs - cutMs) / 1000).toFixed(1)} s`)
      await checkGrace(stage, { cutMs, looks, grants })
    } finally {
      await heal()
    }
    over()
  },
})

async function checkRefusals({ site, load, tell, miss }: Stage, stranger: Person): Promise<void> {
  const expected = [
    ['a write', 503, apiRequest('PATCH', '/users/stan', { displayName: 'nobody' })],
    ['a read of the API', 503, apiRequest('GET', '/users?limit=1')],
    ['whoever is not known', 503, tokenRequest(stranger, ['repository:acme/app:pull'])],
    ['who is known', 200, tokenRequest(ALICE, ['repository:acme/app:pull,push'])],
  ] as const
  for (const n of NODES.keys()) {
    for (const [what, wanted, request] of expected) {
      const { status, text } = await load.client.send(atWarden(site, n, request))
      if (status !== wanted) miss(`${what} is answered ${wanted}, not ${status} ${text.trim()}`)
    }
  }
  tell('on nodes without a cluster: writes, reads of the API and strangers 503, who is known 200')
}

/** No node has a majority, so none serves anything: 1047, WSREP has not yet prepared node. */
export const cutEveryNode: Omit<Fault, 'name'> = {
  cutsOff: true,
  goal: 'no warm token fails',
  obstacle: cutObstacle,
  act: async (stage) => {
    const { site, load, over } = stage
    const stranger = await makeRobot(load.client, 'acme', `alone-${Math.round(performance.now())}`)
    await must(load.client, 'GET', '/projects/acme')
    const heal = await cutAll(site)
    try {
      for (const node of NODES) {
        const isAlone = async () =>
          (await readNode(site.place, node)).get('wsrep_cluster_status') === 'non-Primary'
        await waitFor(isAlone, { what: `${node} without a cluster`, mostMs: NOTICED_MS })
      }
      await checkRefusals(stage, stranger)
    } finally {
      await heal()
    }
    over()
  },
}
