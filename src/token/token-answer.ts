import { z } from 'zod'
import {
  type MintIdentityTokenDeps,
  mintIdentityToken,
} from '../credentials/mint-identity-token.ts'
import type { VersionWatch } from '../database/version-watch.ts'
import { AppError } from '../errors.ts'
import type { Authenticate, Origin } from '../http/caller.ts'
import type { TokenAnswer } from '../metrics/names.ts'
import type { Subject } from '../protocol/subject.ts'
import type { AuthenticateIdentity } from '../signin/authenticate.ts'
import type { AnswerCache } from './answer-cache.ts'
import type { GrantAccessDeps } from './grant-access.ts'
import type { IssueTokenDeps } from './issue-token.ts'

export interface TokenRoutesDeps extends GrantAccessDeps, IssueTokenDeps, MintIdentityTokenDeps {
  readonly authenticate: Authenticate
  readonly authenticateIdentity: AuthenticateIdentity
  readonly answers: AnswerCache
  readonly watch: VersionWatch
  readonly metrics: { readonly countIssued: (answer: TokenAnswer) => void }
}

/** One scope, or several: repeated, or in one value with spaces between them. */
export const scopeSchema = z
  .union([z.string().transform((scope) => [scope]), z.array(z.string())])
  .default([])

export const tokenSchema = z
  .object({
    token: z.string(),
    access_token: z.string(),
    expires_in: z.int(),
    refresh_token: z.string().optional(),
  })
  .meta({ id: 'Token' })

/** @throws AppError SERVICE_UNKNOWN (400) */
export function requireService(service: string, ours: string): void {
  if (service === ours) return
  throw new AppError('SERVICE_UNKNOWN', {
    detail: `tokens for the service ${JSON.stringify(service.slice(0, 64))} are not issued here, only for ${JSON.stringify(ours)}; see auth.token.service of the registry and WARDEN_SERVICE`,
  })
}

/** What a client asked for beside a token, to be kept in place of the password. */
export interface Offline {
  readonly isWanted: boolean
  readonly client: string | undefined
}

/** @returns the member of the answer that carries it; nothing where none is given */
export async function mintFor(
  deps: TokenRoutesDeps,
  { subject, origin }: { readonly subject: Subject; readonly origin: Origin },
  { isWanted, client }: Offline,
): Promise<{ readonly refresh_token?: string }> {
  const secret = isWanted ? await mintIdentityToken(deps, { subject, origin, client }) : undefined
  return secret === undefined ? {} : { refresh_token: secret }
}

/** What was issued while the database is away was issued in grace (R6). */
export async function countWholeWay({ watch, metrics }: TokenRoutesDeps): Promise<void> {
  // A process that was busy for a second is not away from its database: it looks again.
  metrics.countIssued((await watch.settle()) === 'fresh' ? 'read' : 'grace')
}
