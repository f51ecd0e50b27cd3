import { readBundle } from '../../signing/token-authority.ts'
import { parseChallenge } from './challenge.ts'
import { type Finding, fault } from './check.ts'
import { isFaulty, judgeSkews, readSkews } from './clock.ts'
import type { Examination } from './examination.ts'
import type { Answer } from './wire.ts'

/** One thing that makes a registry refuse a good token: what speaks for it, what to do. */
interface Cause {
  readonly detail: string
  readonly advice: string
}

async function findService({ inside, challenge }: Examination): Promise<Cause | undefined> {
  const [ours, theirs] = [inside?.config.token.service, (await challenge())?.service]
  if (ours === undefined || theirs === undefined || ours === theirs) return undefined
  return {
    detail: `the registry wants the service "${theirs}", the token is for "${ours}"`,
    advice: 'make auth.token.service of the registry and WARDEN_SERVICE equal',
  }
}

async function findClock(examination: Examination): Promise<Cause | undefined> {
  const { detail, advice = '' } = judgeSkews((await readSkews(examination)).filter(isFaulty))
  return advice === '' ? undefined : { detail, advice }
}

async function findIssuer(examination: Examination): Promise<Cause | undefined> {
  const theirs = examination.registryConfig?.get('auth.token.issuer')
  const ours = examination.inside?.config.token.issuer ?? (await examination.issued())?.issuer
  if (ours === undefined || theirs === undefined || ours === theirs) return undefined
  return {
    detail: `the registry wants the issuer "${theirs}", the token is of "${ours}"`,
    advice: 'make auth.token.issuer of the registry and WARDEN_ISSUER equal',
  }
}

async function findBundle({ inside }: Examination): Promise<Cause | undefined> {
  if (inside?.authority === undefined) return undefined
  const { authority, config } = inside
  const trusted = await readBundle(config.certs).catch((): readonly string[] => [])
  if (trusted.includes(authority.fingerprint)) return undefined
  return {
    detail: `the bundle ${config.certs.bundlePath} does not hold our authority`,
    advice: 'start warden serve, which writes it, then restart the registry',
  }
}

const SIGNATURE: Cause = {
  detail: 'the registry does not trust the signature',
  advice:
    'see that rootcertbundle of the registry is bundle/ca.crt of WARDEN_CERTS_DIR, and restart the registry: it reads the bundle at its start only',
}

const UNSEEN: Cause = {
  detail: 'service and clocks are right, so it is the issuer or the bundle',
  advice:
    'see that auth.token.issuer of the registry is WARDEN_ISSUER, that its rootcertbundle is bundle/ca.crt of WARDEN_CERTS_DIR, and restart it: it reads both at its start only. Its log says which (token from untrusted issuer; signed by untrusted key)',
}

/** Registry 2.8 calls every token `invalid_token`; 3.x says nothing where the signature is bad. */
const unseen = (answer: Answer): Cause =>
  parseChallenge(answer.header('www-authenticate'))?.error === '' ? SIGNATURE : UNSEEN

/** Says which of issuer, service, bundle and clocks made the registry refuse a token. */
export async function explainRefusal(examination: Examination, answer: Answer): Promise<Finding> {
  if (answer.status !== 401) {
    return fault(
      `the registry answers ${answer.status} to a token instead of 200`,
      'see the log of the registry, and that of nginx',
    )
  }
  const cause =
    (await findService(examination)) ??
    (await findClock(examination)) ??
    (await findBundle(examination)) ??
    (await findIssuer(examination)) ??
    unseen(answer)
  return fault(`the registry refuses our token: ${cause.detail}`, cause.advice)
}
