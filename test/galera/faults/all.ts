import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../../faults/fault.ts'
import { cutEveryNode, cutNode } from './cuts.ts'
import { decideAtOnce } from './decisions.ts'
import { hangNode, killAllNodes, killNode, replaceNode, rollingRestart } from './nodes.ts'
import { sameRow, takeAway } from './rows.ts'

const NOTHING_MS = 5000

const named = (name: string, fault: Omit<Fault, 'name'>): Fault => ({ name, ...fault })

/** Every fault, in the order in which they come. */
export const FAULTS: readonly Fault[] = [
  named('none', { goal: 'no request fails', act: () => sleep(NOTHING_MS) }),
  named('one row written through every node', sameRow),
  named('rights taken away through another node', takeAway),
  named('one decision asked of several nodes', decideAtOnce),
  named('kill node-2', killNode('node-2')),
  named('kill node-1', killNode('node-1')),
  named('replace node-3', replaceNode('node-3')),
  named('stop node-2', hangNode('node-2')),
  named('cut off node-3', cutNode('node-3')),
  named('cut every node off', cutEveryNode),
  named('rolling restart of nodes', rollingRestart),
  named('kill all nodes', killAllNodes),
]
