import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { plainEnvironment } from '../../../src/stack/commands.ts'
import { tokenRequest } from '../client.ts'
import type { Fault } from '../fault.ts'
import { LEAF_SECONDS, type Place } from '../parts.ts'
import { makeRobot, must } from '../people.ts'
import { rollingRestart } from './processes.ts'

const run = promisify(execFile)
const TRY_EVERY_MS = 5000
const UNTIL_TRIED_MS = 240_000

/** On the host of the first warden. @throws where it ends with another code than 0 */
async function keys(place: Place, ...args: readonly string[]): Promise<void> {
  const environment = join(place.dir, 'warden-1', 'environment')
  await run(process.execPath, [`--env-file=${environment}`, 'dist/src/main.js', 'keys', ...args], {
    env: plainEnvironment(process.env),
  })
}

/** Until the command no longer says that it is too early. */
async function keysWhenReady(place: Place, ...args: readonly string[]): Promise<void> {
  const untilMs = performance.now() + UNTIL_TRIED_MS
  for (;;) {
    try {
      return await keys(place, ...args)
    } catch (error) {
      if (performance.now() > untilMs) throw error
      await sleep(TRY_EVERY_MS)
    }
  }
}

/** `warden keys renew`, which fails where a process keeps its old leaf. */
export const renewLeaf: Omit<Fault, 'name'> = {
  goal: 'no request fails',
  act: ({ site: { place } }) => keys(place, 'renew'),
}

/** A process sleeps for longer than its leaf lives, and signs again when it wakes up. */
export const leafRunsOut: Omit<Fault, 'name'> = {
  act: async ({ site }) => {
    site.signal('warden-2', 'SIGSTOP')
    await sleep((LEAF_SECONDS + 5) * 1000)
    site.signal('warden-2', 'SIGCONT')
  },
}

/** The whole procedure of docs/operations.md: two restarts of the registry, one of each warden. */
export const rotateAuthority: Omit<Fault, 'name'> = {
  act: async (stage) => {
    const { site } = stage
    const restartRegistry = async (): Promise<void> => {
      await site.end('registry')
      await site.start('registry')
    }
    await keys(site.place, 'rotate-ca', 'begin')
    await restartRegistry()
    await keysWhenReady(site.place, 'rotate-ca', 'switch')
    await rollingRestart.act(stage)
    await keysWhenReady(site.place, 'rotate-ca', 'finish')
    await restartRegistry()
  },
}

/** A secret of a robot that is in use: the old one must be refused from then on. */
export const rotateSecret: Omit<Fault, 'name'> = {
  goal: 'no request fails',
  act: async ({ load: { client, guard } }) => {
    const name = `rotated-${Math.round(performance.now())}`
    const robot = await makeRobot(client, 'acme', name)
    await client.ask('cold', [200], tokenRequest(robot, ['repository:acme/app:pull']))
    await must(client, 'POST', `/projects/acme/robots/${name}/secret`, { overlapSeconds: 0 })
    guard.ban(robot, performance.now())
  },
}
