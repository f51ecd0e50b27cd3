import type { IncomingMessage } from 'node:http'
import type { TokenClaims } from '../signing/verify-token.ts'

/** As the registry reads the header: the scheme in any case, one space. */
const BEARER = /^bearer ([^ ]+)$/i

/** What the registry wants for it. */
const NEEDED = { PUT: ['pull', 'push'], DELETE: ['delete'], POST: ['pull', 'push'] } as const

export type WriteMethod = keyof typeof NEEDED

export type VerifyToken = (token: string) => TokenClaims | undefined

/**
 * Whose token it is that the registry will take for this write.
 *
 * @returns the subject; undefined when the registry is the one to refuse, in its own words
 */
export function findWriter(
  verify: VerifyToken,
  { headers }: IncomingMessage,
  { method, repository }: { readonly method: WriteMethod; readonly repository: string },
): string | undefined {
  const [, token] = BEARER.exec(headers.authorization ?? '') ?? []
  const claims = token === undefined ? undefined : verify(token)
  if (claims === undefined) return undefined
  const given = new Set(
    claims.access.flatMap(({ type, name, actions }) =>
      type === 'repository' && name === repository ? actions : [],
    ),
  )
  const may = given.has('*') || NEEDED[method].every((action) => given.has(action))
  return may ? claims.sub : undefined
}
