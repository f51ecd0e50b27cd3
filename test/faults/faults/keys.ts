import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { plainEnvironment } from '../../../src/stack/commands.ts'
import { tokenRequest } from '../client.ts'
import type { Fault } from '../fault.ts'
import { makeRobot, must } from '../people.ts'

const run = promisify(execFile)

/** `warden keys renew`, which fails where a process keeps its old leaf. */
export const renewLeaf: Omit<Fault, 'name'> = {
  goal: 'no request fails',
  act: async ({ site }) => {
    const environment = join(site.place.dir, 'warden-1', 'environment')
    const args = [`--env-file=${environment}`, 'dist/src/main.js', 'keys', 'renew']
    await run(process.execPath, args, { env: plainEnvironment(process.env) })
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
