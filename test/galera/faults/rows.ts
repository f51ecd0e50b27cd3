import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { apiRequest } from '../../faults/client.ts'
import { NODES } from '../../faults/databases.ts'
import type { Fault, Stage } from '../../faults/fault.ts'
import { must } from '../../faults/people.ts'
import type { Person } from '../../support/stack.ts'
import { countConflicts } from '../status.ts'
import { askToken, atWarden, isGranted } from '../wardens.ts'

const STORM_MS = 10_000
const ROUNDS = 15
const LOOK_MS = 20
const FELT_MS = 1000

/** Every process writes the same account, one write after the other. */
export const sameRow: Omit<Fault, 'name'> = {
  goal: 'no request fails',
  act: async (stage) => {
    const { site, load, tell, miss } = stage
    const username = `shared-${Math.round(performance.now())}`
    const password = randomBytes(12).toString('base64url')
    await must(load.client, 'POST', '/users', { username, password })
    const before = await countConflicts(site.place)
    const untilMs = performance.now() + STORM_MS
    let written = 0
    const write = async (n: number): Promise<void> => {
      while (performance.now() < untilMs) {
        const json = { displayName: `written by ${n}` }
        const request = atWarden(site, n, apiRequest('PATCH', `/users/${username}`, json))
        await load.client.ask('write', [200], request)
        written++
      }
    }
    await Promise.all([...NODES.keys()].map(write))
    const conflicts = (await countConflicts(site.place)) - before
    tell(`${written} writes of one row through three nodes, ${conflicts} transactions run again`)
    if (conflicts === 0) miss('nodes had to give up transactions')
  },
}

/** By the first process. */
async function makeRobot({ load, site }: Stage, name: string): Promise<Person> {
  const json = { name, permissions: [{ repositories: '**', actions: ['pull'] }] }
  const request = apiRequest('POST', '/projects/acme/robots', json)
  const { text } = await load.client.send(atWarden(site, 0, request))
  return { username: `robot$acme+${name}`, password: JSON.parse(text).secret }
}

/** A robot of one process asks another one, and is taken away by the first. */
async function feelRound(stage: Stage, name: string) {
  const { load, site } = stage
  const robot = await makeRobot(stage, name)
  const first = await askToken(stage, 1, robot)
  while (!isGranted(await askToken(stage, 1, robot))) await sleep(LOOK_MS)
  const path = `/projects/acme/robots/${name}`
  await load.client.ask('write', [204], atWarden(site, 0, apiRequest('DELETE', path)))
  const goneMs = performance.now()
  let lastMs = goneMs
  for (let isOver = false; !isOver && lastMs < goneMs + 2 * FELT_MS; ) {
    const askedMs = performance.now()
    isOver = !isGranted(await askToken(stage, 1, robot))
    if (!isOver) lastMs = askedMs
    await sleep(LOOK_MS)
  }
  return { wasKnown: isGranted(first), lastMs: lastMs - goneMs }
}

export const takeAway: Omit<Fault, 'name'> = {
  goal: 'no request fails',
  act: async (stage) => {
    const { tell, miss } = stage
    const rounds: Awaited<ReturnType<typeof feelRound>>[] = []
    const name = `felt-${Math.round(performance.now())}`
    for (let n = 0; n < ROUNDS; n++) rounds.push(await feelRound(stage, `${name}-${n}`))
    const latestMs = Math.max(...rounds.map(({ lastMs }) => lastMs))
    const unknown = rounds.filter(({ wasKnown }) => !wasKnown).length
    tell(
      `${ROUNDS} rights taken away through node 1: the last grant by node 2 ${Math.round(latestMs)} ms later`,
    )
    tell(`${unknown} of ${ROUNDS} robots made by one process not known to another at once`)
    if (latestMs >= FELT_MS) miss('a right that was taken away is felt within a second')
  },
}
