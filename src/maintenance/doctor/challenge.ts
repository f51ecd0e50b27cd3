/** What the registry tells a client that has no token: where to get one, and for whom. */
export interface Challenge {
  readonly realm: string
  readonly service: string
  /** Why a token was not taken; '' where it does not say. */
  readonly error: string
}

const PARAMETER = /([a-z_]+)="([^"]*)"/gi

/** @returns undefined when the header is no Bearer challenge with realm and service */
export function parseChallenge(header: string): Challenge | undefined {
  if (!/^bearer\s/i.test(header)) return undefined
  const found = Object.fromEntries(
    [...header.matchAll(PARAMETER)].map(([, name = '', value = '']) => [name.toLowerCase(), value]),
  )
  const { realm, service, error = '' } = found
  return realm && service ? { realm, service, error } : undefined
}
