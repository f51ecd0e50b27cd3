import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { requireCommand } from '../../src/stack/commands.ts'
import { type DatabaseName, NODES } from '../faults/databases.ts'
import type { Site } from '../faults/site.ts'
import { isEnclosed } from './enclosure.ts'

const run = promisify(execFile)

/** Packets between two nodes get lost, both ways; their clients do not notice. */
async function change(how: '-I' | '-D', one: string, other: string): Promise<void> {
  const command = requireCommand('iptables', process.env)
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    await run(command, ['--wait', how, 'INPUT', '-s', from, '-d', to, '-j', 'DROP'])
  }
}

type Pair = readonly [string, string]

function pairsOf({ place }: Site, isCut: (one: DatabaseName, other: DatabaseName) => boolean) {
  const { innerAddressOf = () => '' } = place.databases
  return NODES.flatMap((one, n) =>
    NODES.slice(n + 1)
      .filter((other) => isCut(one, other))
      .map((other): Pair => [innerAddressOf(one), innerAddressOf(other)]),
  )
}

async function cut(pairs: readonly Pair[]): Promise<() => Promise<void>> {
  for (const pair of pairs) await change('-I', ...pair)
  return async () => {
    for (const pair of pairs) await change('-D', ...pair)
  }
}

/** Cuts a node off from the others. @returns makes them whole again */
export const cutOff = (site: Site, node: DatabaseName): Promise<() => Promise<void>> =>
  cut(pairsOf(site, (one, other) => one === node || other === node))

/** Cuts every node off from every other one. @returns makes them whole again */
export const cutAll = (site: Site): Promise<() => Promise<void>> => cut(pairsOf(site, () => true))

/** Rules of the firewall are set where nobody else feels them. */
export const cutObstacle = (): string | undefined =>
  isEnclosed() ? undefined : 'only root may have a network of its own'
