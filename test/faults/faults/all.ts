import type { Fault } from '../fault.ts'
import { type PartName, WARDENS } from '../parts.ts'
import { moveClock } from './clock.ts'
import { fullDisk } from './disk.ts'
import { leafRunsOut, renewLeaf, rotateAuthority, rotateSecret } from './keys.ts'
import {
  databaseAway,
  kill,
  reloadNginx,
  restart,
  rollingRestart,
  slow,
  stop,
} from './processes.ts'

/** One warden of three stands for each of them. */
const ALONE: readonly PartName[] = ['database', 'warden-2', 'registry', 'nginx']

const named = (name: string, fault: Omit<Fault, 'name'>): Fault => ({ name, ...fault })

const ofParts = ALONE.flatMap((part) => [
  named(`kill ${part}`, kill(part)),
  named(`stop ${part}`, stop(part)),
  named(`slow ${part}`, slow(part)),
])

/** Every fault, in the order in which they come. */
export const FAULTS: readonly Fault[] = [
  named('none', {
    goal: 'no request fails',
    act: () => new Promise((resolve) => setTimeout(resolve, 5000)),
  }),
  ...ofParts,
  named('kill all wardens', kill(...WARDENS)),
  named('stop all wardens', stop(...WARDENS)),
  named('slow all wardens', slow(...WARDENS)),
  named('restart database', restart('database')),
  named('restart registry', restart('registry')),
  named('restart nginx', restart('nginx')),
  named('reload nginx', reloadNginx),
  named('SIGTERM one warden', { ...restart('warden-2'), goal: 'no request fails' }),
  named('rolling restart of wardens', rollingRestart),
  named('restart all wardens', restart(...WARDENS)),
  named('database away for 30 s', databaseAway),
  named('disk of the index full', fullDisk),
  named('clock of one warden +30 s', moveClock(30)),
  named('clock of one warden -30 s', moveClock(-30)),
  named('clock of one warden +1 h', moveClock(3600)),
  named('clock of one warden -1 h', moveClock(-3600)),
  named('renew the leaf', renewLeaf),
  named('leaf of one warden runs out', leafRunsOut),
  named('rotate the authority', rotateAuthority),
  named('rotate a secret', rotateSecret),
]
