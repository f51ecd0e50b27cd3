// `npm run test:faults`: what the whole stack does while parts of it are killed, stopped and slowed.
import {
  CLOCK_REQUIREMENTS,
  installMissing,
  SERVER_REQUIREMENTS,
} from '../../src/stack/packages.ts'
import { FAULTS } from './faults/all.ts'
import { type Plan, runFaults } from './runner.ts'

/** A clock that cannot be moved is told in the table. */
const install: Plan['install'] = async (deps) => {
  await installMissing(deps, SERVER_REQUIREMENTS)
  const asWish = (error: Error): void => deps.say(error.message)
  await installMissing(deps, CLOCK_REQUIREMENTS).catch(asWish)
}

process.exitCode = await runFaults({
  command: 'npm run test:faults',
  faults: FAULTS,
  install,
  site: { hasDisk: true },
})
