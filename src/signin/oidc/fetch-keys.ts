import { z } from 'zod'
import { type IssuerConfig, isFetchable } from '../../config/issuer-list.ts'
import { type JsonAnswer, readJson } from './read-json.ts'

export type KeysOrigin = Pick<IssuerConfig, 'issuer' | 'jwksUri' | 'ca'>

const metadataSchema = z.object({ issuer: z.string(), jwks_uri: z.string() })
const keysSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) })

const isPlain = (url: string): boolean => url.startsWith('http:')

/** @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationRequest */
export const metadataUrl = (issuer: string): string =>
  `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`

/**
 * Where the issuer says that its keys are. It must say of itself what the configuration says of it,
 * to the letter: or its keys would vouch for somebody else's people (R13).
 */
async function discover({ issuer, ca }: KeysOrigin): Promise<string> {
  const url = metadataUrl(issuer)
  const { success, data } = metadataSchema.safeParse((await readJson(url, ca)).json)
  if (!success) throw new Error(`${url}: has no issuer and jwks_uri`)
  if (data.issuer !== issuer) {
    throw new Error(`${url}: says that the issuer is ${data.issuer}, not ${issuer}`)
  }
  if (!isFetchable(data.jwks_uri) || (isPlain(data.jwks_uri) && !isPlain(issuer))) {
    throw new Error(`${url}: the jwks_uri ${data.jwks_uri} is no https URL`)
  }
  return data.jwks_uri
}

export interface IssuerKeys extends JsonAnswer {
  readonly json: z.output<typeof keysSchema>
}

/**
 * Reads the keys of an issuer, from where it says that they are.
 *
 * @throws Error that says which address and why
 */
export async function fetchKeys(origin: KeysOrigin): Promise<IssuerKeys> {
  const url = origin.jwksUri ?? (await discover(origin))
  const answer = await readJson(url, origin.ca)
  const { success, data } = keysSchema.safeParse(answer.json)
  if (!success) throw new Error(`${url}: is no set of keys`)
  return { ...answer, json: data }
}
