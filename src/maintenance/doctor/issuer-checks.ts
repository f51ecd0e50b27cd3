import type { IssuerConfig } from '../../config/issuer-list.ts'
import { fetchKeys } from '../../signin/oidc/fetch-keys.ts'
import { type CheckState, type Finding, fault, ok, reasonOf, warning } from './check.ts'
import { insideCheck } from './inside-check.ts'

const WARN_ABOVE_SECONDS = 5
const WORST_FIRST: readonly CheckState[] = ['fault', 'warning', 'ok']

const CLOCK_ADVICE =
  'let both machines follow the same time servers (chrony, systemd-timesyncd); leewaySeconds of the issuer is all that is forgiven'

/** The issuer gives its time in whole seconds, so half of one is added. */
function judgeClock(
  { name, leewaySeconds }: IssuerConfig,
  { keys, date, atMs }: { keys: number; date: Date | undefined; atMs: number },
): Finding {
  const detail = `${name}: ${keys} ${keys === 1 ? 'key' : 'keys'}`
  if (date === undefined) return ok(detail)
  const seconds = (date.getTime() + 500 - atMs) / 1000
  const off = `${Math.round(Math.abs(seconds))} s ${seconds > 0 ? 'ahead of' : 'behind'} this machine`
  if (Math.abs(seconds) > leewaySeconds + 1) {
    return fault(`${detail}, but its clock is ${off}: its tokens are refused`, CLOCK_ADVICE)
  }
  if (Math.abs(seconds) > WARN_ABOVE_SECONDS) {
    return warning(`${detail}, but its clock is ${off}`, CLOCK_ADVICE)
  }
  return ok(detail)
}

async function examineIssuer(issuer: IssuerConfig, now: () => Date): Promise<Finding> {
  try {
    const askedAtMs = now().getTime()
    const { json, date } = await fetchKeys(issuer)
    const atMs = (askedAtMs + now().getTime()) / 2
    if (json.keys.length > 0) return judgeClock(issuer, { keys: json.keys.length, date, atMs })
    return fault(`${issuer.name}: it shows no key`, 'look at the keys of that realm at the issuer')
  } catch (error) {
    return fault(
      `${issuer.name}: ${reasonOf(error)}`,
      'check issuer, jwksUri and ca in WARDEN_OIDC_ISSUERS, and that this machine reaches that address; bearers of it are refused with 503 meanwhile',
    )
  }
}

/** One finding that tells of all; it is as bad as the worst of them. */
function gather(findings: readonly Finding[]): Finding {
  const state = WORST_FIRST.find((one) => findings.some((finding) => finding.state === one)) ?? 'ok'
  const advice = findings.find((finding) => finding.state === state)?.advice
  const detail = findings.map((finding) => finding.detail).join('; ')
  return { state, detail, ...(advice !== undefined && { advice }) }
}

/** Whether the keys of every issuer can be read from here, and how far its clock is off. */
const oidc = insideCheck('oidc', async ({ inside, now }) => {
  const { issuers } = inside.config.oidc
  if (issuers.length === 0) return ok('none is set (WARDEN_OIDC_ISSUERS)')
  return gather(await Promise.all(issuers.map((issuer) => examineIssuer(issuer, now))))
})

export const ISSUER_CHECKS = [oidc] as const
