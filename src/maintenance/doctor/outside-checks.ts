import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { type Check, type Finding, fault, ok, reasonOf, skipped, warning } from './check.ts'
import { clock } from './clock.ts'
import { type Examination, realmUrl } from './examination.ts'
import { explainRefusal } from './refusal.ts'
import type { Answer } from './wire.ts'

const NO_CHALLENGE = 'the registry gave no challenge'
const SHORTEST_SECONDS = 60
/** Nobody can have this name, so no failed sign-in is counted against anybody. */
const NOBODY = 'warden$doctor'

const realmSchema = z.object({
  token: z.string().min(1),
  expires_in: z.int().min(SHORTEST_SECONDS),
  issued_at: z.iso.datetime({ offset: true }).optional(),
})
const errorsSchema = z.object({ errors: z.array(z.object({ code: z.string() })).min(1) })

const registry: Check<Examination> = {
  name: 'registry',
  run: async ({ url, ping }) => {
    try {
      const { status } = await ping()
      if (status === 401) return ok(`${url}/v2/ answers, and asks for a token`)
      if (status === 200) {
        const advice = 'set auth.token in the configuration of the registry, and restart it'
        return fault(`${url}/v2/ lets everybody in without a token`, advice)
      }
      const advice =
        status >= 500
          ? 'start the registry; see its log and that of nginx'
          : 'see that nginx hands /v2/ to the registry, and that this is its address'
      return fault(`${url}/v2/ answers ${status} instead of 401`, advice)
    } catch (error) {
      const advice = 'start nginx and the registry; check the name, the port and the firewall'
      return fault(`${url} cannot be reached: ${reasonOf(error)}`, advice)
    }
  },
}

const challenge: Check<Examination> = {
  name: 'challenge',
  run: async (examination) => {
    const answer = await examination.ping().catch(() => undefined)
    if (answer === undefined) return skipped('the registry did not answer')
    if (await examination.challenge()) return ok('the registry sends clients to a token realm')
    const header = answer.header('www-authenticate').slice(0, 100)
    return fault(
      header === '' ? 'there is no WWW-Authenticate header' : `the header is no use: ${header}`,
      'set auth.token with realm, service, issuer and rootcertbundle for the registry; no other login may stand in front of /v2/',
    )
  },
}

function judgeRealm(realm: string, { url, inside }: Examination): Finding {
  const expected = `${inside?.config.publicUrl ?? url}/auth/token`
  const advice = `set auth.token.realm of the registry to ${expected}, and restart it`
  if (realm === expected || realm === `${url}/auth/token`) return ok(realm)
  if (!URL.canParse(realm) || !/^https?:/.test(realm)) {
    return fault(`${realm} is not a whole address; clients do not complete it`, advice)
  }
  const [there, here] = [new URL(realm), new URL(url)]
  if (here.protocol === 'https:' && there.protocol === 'http:') {
    return fault(`${realm} would send passwords in the clear`, advice)
  }
  if (there.host !== here.host) {
    return fault(`${realm} is another host than the registry's, ${here.host}`, advice)
  }
  return inside ? fault(`${realm} is not this service's ${expected}`, advice) : ok(realm)
}

const realm: Check<Examination> = {
  name: 'realm',
  run: async (examination) => {
    const found = await examination.challenge()
    return found ? judgeRealm(found.realm, examination) : skipped(NO_CHALLENGE)
  },
}

const realmAnswer: Check<Examination> = {
  name: 'realm-answer',
  run: async (examination) => {
    const found = await examination.challenge()
    if (found === undefined) return skipped(NO_CHALLENGE)
    const answer = await examination.realmAnswer()
    const advice =
      'see that nginx hands /auth/ to registry-warden, that it runs (/readyz), and its log'
    if (answer === undefined) return fault(`nothing answers at ${found.realm}`, advice)
    if (answer.status !== 200) return fault(`it answers ${answer.status} instead of 200`, advice)
    if (realmSchema.safeParse(answer.json).success) return ok('it gives tokens that clients read')
    return fault('its answer is no token with an expires_in of whole seconds from 60', advice)
  },
}

const wrongPassword: Check<Examination> = {
  name: 'wrong-password',
  run: async (examination) => {
    const found = await examination.challenge()
    const url = found && realmUrl(found)
    if (url === undefined) return skipped(NO_CHALLENGE)
    if (!(await examination.realmAnswer())) return skipped('the realm does not answer')
    const credentials = Buffer.from(`${NOBODY}:${randomUUID()}`).toString('base64')
    const headers = { authorization: `Basic ${credentials}` }
    const answer = await examination.ask(url, { headers })
    return judgeRefusal(answer)
  },
}

function judgeRefusal({ status, json }: Answer): Finding {
  if (status === 401 && errorsSchema.safeParse(json).success) return ok('it is refused in words')
  if (status === 429 || status === 503) {
    return warning(`the answer is ${status}: too much at once`, 'run it again in a moment')
  }
  const advice =
    'see that nginx hands the Authorization header and the answer of /auth/ on unchanged, and that the realm is registry-warden'
  return status === 401
    ? fault('it is refused without the JSON that clients print', advice)
    : fault(`it is answered ${status} instead of 401`, advice)
}

const service: Check<Examination> = {
  name: 'service',
  run: async (examination) => {
    const { service: theirs } = (await examination.challenge()) ?? {}
    if (theirs === undefined) return skipped(NO_CHALLENGE)
    const ours = examination.inside?.config.token.service
    if (ours !== undefined && ours !== theirs) {
      return fault(
        `the registry says "${theirs}", WARDEN_SERVICE is "${ours}"`,
        'make auth.token.service of the registry and WARDEN_SERVICE equal, and restart what was changed',
      )
    }
    const status = (await examination.realmAnswer())?.status
    if (ours !== undefined || status === 200) return ok(`"${theirs}" on both sides`)
    if (status !== 400) return skipped('the realm does not answer')
    return fault(
      `the realm issues no tokens for "${theirs}"`,
      'make auth.token.service of the registry and WARDEN_SERVICE equal, and restart what was changed',
    )
  },
}

/** Nothing but issuer, service, bundle and clocks decides whether this token is taken. */
const token: Check<Examination> = {
  name: 'token',
  run: async (examination) => {
    const issued = await examination.issued()
    if (issued === undefined) return skipped('the realm gave no token')
    const headers = { authorization: `Bearer ${issued.text}` }
    const answer = await examination.ask(`${examination.url}/v2/`, { headers })
    if (answer.status === 200) return ok('the registry takes a token of the realm')
    return explainRefusal(examination, answer)
  },
}

/** What any client sees, wherever it is. */
export const OUTSIDE_CHECKS = [
  registry,
  challenge,
  realm,
  realmAnswer,
  wrongPassword,
  service,
  clock,
  token,
] as const
