import { readFile } from 'node:fs/promises'
import { findInstallation } from '../../database/installation.ts'
import { fingerprintOf } from '../../signing/certificate.ts'
import { readCertificates } from '../../signing/token-authority.ts'
import { type Check, fault, ok, reasonOf, skipped, warning } from './check.ts'
import type { Examination } from './examination.ts'
import { databaseCheck, HOW_TO_BE_INSIDE, insideCheck } from './inside-check.ts'

const DAY_MS = 24 * 3600 * 1000
const WARN_DAYS = 90
const SHOWN = 12

const short = (fingerprint: string): string => fingerprint.slice(0, SHOWN)

const configuration: Check<Examination> = {
  name: 'configuration',
  run: async ({ inside, configurationFaults }) => {
    if (inside) return ok("the service's configuration is here, and whole")
    if (configurationFaults.length === 0) {
      return skipped('it is not here, so the checks from inside are skipped', HOW_TO_BE_INSIDE)
    }
    const advice = 'mend it (docs/configuration.md); the checks from inside are skipped until then'
    return fault(configurationFaults.join('; '), advice)
  },
}

const authority = insideCheck('authority', async ({ inside, now }) => {
  const found = inside.authority
  if (found === undefined) {
    const advice = 'check WARDEN_CERTS_DIR; copy ca.pem from another replica or from a backup'
    return fault(inside.authorityFailure ?? 'there is none', advice)
  }
  const days = Math.floor((Date.parse(found.certificate.validTo) - now().getTime()) / DAY_MS)
  const detail = `${short(found.fingerprint)}… is good for ${days} days`
  const advice = 'the registry refuses every token when it has ended; plan a new installation'
  if (days < 0) return fault(`${short(found.fingerprint)}… ended ${-days} days ago`, advice)
  return days < WARN_DAYS ? warning(detail, advice) : ok(detail)
})

const installation = databaseCheck('installation', async ({ inside }) => {
  const known = await findInstallation(inside.database)
  if (known === undefined) {
    return fault('the database knows of no installation', 'start it once: warden serve')
  }
  const mine = inside.authority?.fingerprint
  if (mine === undefined) return skipped('there is no authority to hold against the database')
  if (mine === known.caFingerprint) return ok('the database belongs to this authority')
  return fault(
    `the database belongs to the authority ${short(known.caFingerprint)}…, here is ${short(mine)}…`,
    'copy ca.pem from another replica or from a backup, or use the database that belongs to it',
  )
})

const bundle = insideCheck('bundle', async ({ inside }) => {
  const { authority: mine, config } = inside
  if (mine === undefined) return skipped('there is no authority to hold against the bundle')
  const path = config.certs.bundlePath
  const advice = 'start warden serve, which writes it, then restart the registry'
  try {
    const trusted = readCertificates(await readFile(path, 'utf8'))
    const others = trusted.filter((one) => fingerprintOf(one) !== mine.fingerprint)
    if (others.length === trusted.length)
      return fault(`${path} does not hold our authority`, advice)
    if (others.length === 0) return ok(`${path} holds our authority and nothing else`)
    return warning(
      `${path} holds ${others.length} more certificates than our authority`,
      'right while the authority is being replaced (warden keys rotate-ca); else take out what is no authority of yours: who has the key of any of them can make tokens',
    )
  } catch (error) {
    return fault(`the bundle cannot be read: ${reasonOf(error)}`, advice)
  }
})

const leaf = insideCheck('leaf', async ({ inside, issued, now }) => {
  const served = (await issued())?.leaf
  if (served === undefined) return skipped('the realm gave no token with a certificate')
  const mine = inside.authority
  if (mine === undefined) return skipped('there is no authority to hold against the leaf')
  if (!served.verify(mine.certificate.publicKey)) {
    return fault(
      "the realm's token is signed under another authority than the one here",
      'see that every process has the same token-ca/ folder, and that this address leads to them',
    )
  }
  const nowMs = now().getTime()
  const isGood = Date.parse(served.validFrom) <= nowMs && nowMs < Date.parse(served.validTo)
  const until = new Date(served.validTo).toISOString()
  if (isGood) return ok(`the realm signs under our authority, until ${until}`)
  return fault(`the leaf is not in force by our clock (until ${until})`, 'run: warden keys renew')
})

/** The authority, what stands under it, and what the registry is told to trust. */
export const KEY_CHECKS = [configuration, authority, installation, bundle, leaf] as const
