import { checkDirectory } from '../../signin/ldap/check-directory.ts'
import { fault, ok, skipped, warning } from './check.ts'
import { insideCheck } from './inside-check.ts'

/** The way to the directory in one line; `warden ldap check` tells every step of it. */
const directory = insideCheck('ldap', async ({ inside }) => {
  const { ldap } = inside.config
  if (ldap === undefined) return skipped('WARDEN_LDAP_URL is not set')
  const { steps, faults } = await checkDirectory({ config: ldap })
  const wanted = faults > 0 ? 'fault' : 'warning'
  const worst = steps.find(({ state }) => state === wanted)
  if (worst === undefined) return ok(`${steps.length} steps, all well`)
  const detail = `${worst.name}: ${worst.detail}`
  const advice = `${worst.advice ?? ''}; all steps: warden ldap check`
  return wanted === 'fault' ? fault(detail, advice) : warning(detail, advice)
})

export const LDAP_CHECKS = [directory] as const
