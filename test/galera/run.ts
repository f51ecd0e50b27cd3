// `npm run test:galera`: what three processes of the service do on a cluster of three databases, one
// for each, while nodes of it are killed, stopped and cut off.
import {
  GALERA_REQUIREMENTS,
  installMissing,
  SERVER_REQUIREMENTS,
} from '../../src/stack/packages.ts'
import { runFaults } from '../faults/runner.ts'
import { chooseCluster } from './cluster.ts'
import { runEnclosed } from './enclosure.ts'
import { FAULTS } from './faults/all.ts'
import { GRACE_SECONDS } from './grace.ts'

const REQUIREMENTS = [...SERVER_REQUIREMENTS, ...GALERA_REQUIREMENTS]

/** Before the enclosure, from which no package can be fetched. */
await installMissing(
  { env: process.env, say: (line) => void process.stderr.write(`${line}\n`) },
  REQUIREMENTS,
)
process.exitCode =
  (await runEnclosed()) ??
  (await runFaults({
    command: 'npm run test:galera',
    faults: FAULTS,
    install: (deps) => installMissing(deps, REQUIREMENTS),
    site: {
      hasDisk: false,
      chooseDatabases: chooseCluster,
      wardenEnv: { WARDEN_DB_GRACE_SECONDS: String(GRACE_SECONDS) },
    },
    graceMs: GRACE_SECONDS * 1000,
  }))
