import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Access } from '../../protocol/scope.ts'
import { repositoryAccess } from '../../registry/answers.ts'
import { type Check, type Finding, fault, ok, reasonOf, skipped, warning } from './check.ts'
import { judgeSkews, skewOfAnswer } from './clock.ts'
import type { Examination } from './examination.ts'
import { type InnerExamination, insideCheck } from './inside-check.ts'
import { explainRefusal } from './refusal.ts'
import { below } from './registry-config.ts'
import type { Answer } from './wire.ts'

const READ_ONLY = /^text\/plain/
const NO_FILE = 'give the configuration of the registry: --registry-config FILE'

/** No other repository is ever touched, and this one is not there. */
const randomRepository = (): string => `warden-doctor/${randomBytes(12).toString('hex')}`

const errorsSchema = z.object({ errors: z.array(z.object({ code: z.string() })).min(1) })
const codeOf = ({ json }: Answer): string =>
  errorsSchema.safeParse(json).data?.errors[0]?.code ?? ''

const bearer = ({ inside }: InnerExamination, access: readonly Access[]) => ({
  authorization: `Bearer ${inside.tokenFor?.(access)}`,
})

/** The whole way of a token at one address: taken, and its access understood. */
async function tryOwnToken(examination: InnerExamination, base: string): Promise<Finding> {
  const { ask, inside } = examination
  if (inside.tokenFor === undefined) return skipped('there is no authority to sign with')
  const repository = randomRepository()
  const headers = bearer(examination, repositoryAccess(repository, 'pull'))
  const whole = await ask(`${base}/v2/`, { headers })
  if (whole.status !== 200) return explainRefusal(examination, whole)
  const tags = await ask(`${base}/v2/${repository}/tags/list`, { headers })
  if (tags.status === 404 && codeOf(tags) === 'NAME_UNKNOWN') {
    return ok(`${base} takes our token, and knows what it allows`)
  }
  return fault(
    `${base} answers ${tags.status} for a repository that is not there, instead of 404`,
    'see that this address leads to a registry 2.8 or 3.x, and look into its log',
  )
}

const ownToken = insideCheck('own-token', async (examination) => {
  if (!(await examination.challenge())) return skipped('the registry gave no challenge')
  return tryOwnToken(examination, examination.url)
})

const ownTokenInside = insideCheck('own-token-inside', async (examination) => {
  const { url } = examination.inside.config.registry
  try {
    return await tryOwnToken(examination, url)
  } catch (error) {
    const advice = 'check WARDEN_REGISTRY_URL, and that the registry runs'
    return fault(`${url} cannot be reached: ${reasonOf(error)}`, advice)
  }
})

const registryClock = insideCheck('registry-clock', async ({ ask, inside }) => {
  const answer = await ask(`${inside.config.registry.url}/v2/`).catch(() => undefined)
  if (answer === undefined) return skipped('the registry did not answer')
  const skew = skewOfAnswer("the registry's clock", answer)
  return judgeSkews(skew ? [skew] : [])
})

function judgeDelete(answer: Answer): Finding {
  const { status } = answer
  if (status === 404 || status === 202) return ok('the registry deletes what it is told to')
  if (status === 405 && READ_ONLY.test(answer.header('content-type'))) {
    const advice = 'turn storage.maintenance.readonly off when the maintenance is over'
    return warning('the registry is read-only', advice)
  }
  if (status === 405) {
    const advice = 'set storage.delete.enabled: true for the registry, and restart it'
    return fault('the registry is configured without deletes, so no tag can be removed', advice)
  }
  return fault(`the registry answers ${status} to a delete`, 'see the log of the registry')
}

const deletes = insideCheck('deletes', async (examination) => {
  const { ask, inside } = examination
  if (inside.tokenFor === undefined) return skipped('there is no authority to sign with')
  const repository = randomRepository()
  const headers = bearer(examination, repositoryAccess(repository, 'delete'))
  const digest = `sha256:${randomBytes(32).toString('hex')}`
  const url = `${inside.config.registry.url}/v2/${repository}/manifests/${digest}`
  const answer = await ask(url, { method: 'DELETE', headers }).catch(() => undefined)
  if (answer === undefined) return skipped('the registry did not answer')
  if (answer.status === 401) return skipped('the registry refuses our tokens')
  return judgeDelete(answer)
})

const issuer: Check<Examination> = {
  name: 'issuer',
  run: async ({ registryConfig, inside, issued }) => {
    const ours = inside?.config.token.issuer
    const served = (await issued())?.issuer
    if (ours !== undefined && served !== undefined && ours !== served) {
      const advice = 'start the service again with this configuration, or run the doctor with its'
      return fault(`the realm signs as "${served}", WARDEN_ISSUER is "${ours}"`, advice)
    }
    const theirs = registryConfig?.get('auth.token.issuer')
    if (theirs === undefined) {
      return skipped('the registry does not tell its issuer; `token` proves it', NO_FILE)
    }
    const known = served ?? ours
    if (known === undefined) return skipped('the realm gave no token')
    if (known === theirs) return ok(`"${known}" on both sides`)
    return fault(
      `the registry's file says "${theirs}", tokens are of "${known}"`,
      'make auth.token.issuer of the registry and WARDEN_ISSUER equal, and restart what was changed',
    )
  },
}

const blobCache: Check<Examination> = {
  name: 'blob-cache',
  run: async ({ registryConfig }) => {
    if (registryConfig === undefined) {
      return skipped('storage.cache of the registry cannot be seen from outside', NO_FILE)
    }
    const cache = below(registryConfig, 'storage.cache')
    if (cache === '') return ok("the registry's file has no blob cache")
    return warning(
      `the registry has a blob cache (${cache.slice(0, 60)})`,
      'take storage.cache out: after a garbage collection it says that layers are there which are gone. REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR may set it too',
    )
  },
}

/** What the registry does with our tokens, and how it is configured. */
export const REGISTRY_CHECKS = [
  ownToken,
  ownTokenInside,
  registryClock,
  issuer,
  deletes,
  blobCache,
] as const
