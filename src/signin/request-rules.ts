import { addressPrefix } from '../accounts/address-prefix.ts'
import type { Config } from '../config/read-config.ts'
import { createAnswerStore, keepForgettingAnswers } from '../database/kept-answers.ts'
import type { Database } from '../database/open-database.ts'
import { createReadOnce, type ReadOnce } from '../http/once.ts'
import { createRateLimit, type RateLimit } from '../http/rate-limit.ts'
import { deriveSecret } from '../signing/derive-secret.ts'
import type { TokenAuthority } from '../signing/token-authority.ts'

export interface RequestRulesDeps {
  readonly config: Pick<Config, 'api'>
  readonly database: Database
  readonly authority: TokenAuthority
  readonly now: () => Date
}

/** What requests of the API are held to, whoever asks. */
export interface RequestRules {
  readonly rateLimit: RateLimit
  readonly readOnce: ReadOnce
  /** Begins to forget old answers. @returns stops it */
  readonly forgetAnswers: () => () => Promise<void>
}

/** Makes the rate of requests of each caller, and the memory of those that are done once. */
export function createRequestRules(deps: RequestRulesDeps): RequestRules {
  const { config, authority } = deps
  return {
    rateLimit: createRateLimit({
      perMinute: config.api.ratePerMinute,
      networkOf: addressPrefix,
      monotonicMs: () => performance.now(),
    }),
    readOnce: createReadOnce(createAnswerStore(deps), deriveSecret(authority, 'idempotency keys')),
    forgetAnswers: () => keepForgettingAnswers(deps),
  }
}
