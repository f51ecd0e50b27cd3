import type { Schemas } from '../client/generated.ts'
import type { Client, Listing } from '../client/types.ts'

/** Undefined means one's own tokens. */
type Owner = string | undefined

export const listTokens = (
  client: Client,
  username: Owner,
  atMost: number | undefined,
): Promise<Listing<Schemas['AccessToken']>> =>
  username === undefined
    ? client.collect('getMeTokens', { atMost })
    : client.collect('getUsersTokens', { params: { username }, atMost })

export const listIdentityTokens = (
  client: Client,
  username: Owner,
  atMost: number | undefined,
): Promise<Listing<Schemas['IdentityToken']>> =>
  username === undefined
    ? client.collect('getMeIdentityTokens', { atMost })
    : client.collect('getUsersIdentityTokens', { params: { username }, atMost })

export async function readToken(
  client: Client,
  username: Owner,
  id: string,
): Promise<Schemas['AccessToken']> {
  const { data } =
    username === undefined
      ? await client.call('getMeTokensById', { params: { id } })
      : await client.call('getUsersTokensById', { params: { username, id } })
  return data
}

export async function revokeToken(client: Client, username: Owner, id: string): Promise<void> {
  if (username === undefined) await client.call('deleteMeTokensById', { params: { id } })
  else await client.call('deleteUsersTokensById', { params: { username, id } })
}

export async function revokeIdentityToken(
  client: Client,
  username: Owner,
  id: string,
): Promise<void> {
  if (username === undefined) await client.call('deleteMeIdentityTokensById', { params: { id } })
  else await client.call('deleteUsersIdentityTokensById', { params: { username, id } })
}
