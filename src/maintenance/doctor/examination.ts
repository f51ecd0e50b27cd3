import { randomUUID, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import type { Address, Config } from '../../config/read-config.ts'
import type { Database } from '../../database/open-database.ts'
import type { Access } from '../../protocol/scope.ts'
import type { TokenAuthority } from '../../signing/token-authority.ts'
import { type Challenge, parseChallenge } from './challenge.ts'
import type { RegistryConfig } from './registry-config.ts'
import type { Answer, Ask } from './wire.ts'

/** What is there only where the service runs, with its configuration. */
export interface Inside {
  readonly config: Config
  readonly database: Database
  /** Why the database does not answer; undefined when it does. */
  readonly databaseFailure: string | undefined
  /** Undefined when there is none, or none that can be read. */
  readonly authority: TokenAuthority | undefined
  readonly authorityFailure: string | undefined
  /** A token of ours for exactly this access, good for a minute. Undefined without an authority. */
  readonly tokenFor: ((access: readonly Access[]) => string) | undefined
}

export interface ExaminationInput {
  /** Address under which clients reach the deployment, without a slash at its end. */
  readonly url: string
  readonly ask: Ask
  readonly now: () => Date
  /** Where to reach `url` instead of where its name leads. */
  readonly connect: Address | undefined
  /** Authority to trust beside the known ones, as PEM. */
  readonly ca: string | undefined
  readonly registryConfig: RegistryConfig | undefined
  readonly inside: Inside | undefined
  /** What is wrong with the configuration that is here; nothing where there is none at all. */
  readonly configurationFaults: readonly string[]
}

/** A token that the realm gave to somebody without credentials. */
export interface IssuedToken {
  readonly text: string
  readonly issuer: string
  readonly issuedAt: Date
  /** The moment when it came, by our own clock. */
  readonly at: Date
  readonly leaf: X509Certificate | undefined
}

/** The deployment as the checks see it; what several of them ask for is asked for once. */
export interface Examination extends ExaminationInput {
  /** `GET /v2/` without credentials. @throws Error when nothing answers */
  readonly ping: () => Promise<Answer>
  /** Undefined when there is none. */
  readonly challenge: () => Promise<Challenge | undefined>
  /** What the realm answers to nobody. Undefined when it cannot be asked. */
  readonly realmAnswer: () => Promise<Answer | undefined>
  readonly issued: () => Promise<IssuedToken | undefined>
}

const answerSchema = z.object({ token: z.string() })
const headerSchema = z.object({ x5c: z.array(z.string()).optional() })
const claimsSchema = z.object({ iss: z.string(), iat: z.number() })

const decode = (part: string | undefined): unknown =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'))

/** @returns undefined when the answer holds no token that can be read */
export function readIssued(answer: Answer | undefined): IssuedToken | undefined {
  try {
    const { token: text } = answerSchema.parse(answer?.json)
    const [header, claims] = text.split('.')
    const { iss, iat } = claimsSchema.parse(decode(claims))
    const [leaf] = headerSchema.parse(decode(header)).x5c ?? []
    return {
      text,
      issuer: iss,
      issuedAt: new Date(iat * 1000),
      at: answer?.at ?? new Date(0),
      leaf: leaf === undefined ? undefined : new X509Certificate(Buffer.from(leaf, 'base64')),
    }
  } catch {
    return undefined
  }
}

/**
 * Where to ask the realm without a scope, as `docker login` does. A parameter of its own keeps the
 * service from repeating an answer that it gave a while ago.
 *
 * @returns undefined when the realm is no address
 */
export function realmUrl({ realm, service }: Challenge): string | undefined {
  if (!URL.canParse(realm) || !/^https?:/.test(realm)) return undefined
  const url = new URL(realm)
  url.searchParams.set('service', service)
  url.searchParams.set('client_id', `warden-doctor-${randomUUID()}`)
  return url.href
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined
  return () => {
    kept ??= work()
    return kept
  }
}

export function createExamination(input: ExaminationInput): Examination {
  const { url, ask } = input
  const ping = once(() => ask(`${url}/v2/`))
  const challenge = once(async () => {
    const answer = await ping().catch(() => undefined)
    return answer && parseChallenge(answer.header('www-authenticate'))
  })
  const realmAnswer = once(async () => {
    const found = await challenge()
    const realm = found && realmUrl(found)
    return realm === undefined ? undefined : await ask(realm).catch(() => undefined)
  })
  const issued = once(async () => readIssued(await realmAnswer()))
  return { ...input, ping, challenge, realmAnswer, issued }
}
