import { createNodeClient } from '../client/node-client.ts'
import type { ClientCredentials } from '../client/types.ts'
import { ROBOT_PREFIX } from '../protocol/subject.ts'

/** The name of a robot; undefined for people. */
function robotName(credentials: ClientCredentials): string | undefined {
  if ('token' in credentials) return undefined
  const name = credentials.username.toLowerCase()
  return name.startsWith(ROBOT_PREFIX) ? name : undefined
}

/**
 * Asks the service whether credentials are good, and whose they are.
 *
 * A robot is no user, so `GET /me` tells it nothing. It asks for the list of projects, which everybody
 * may read who may use the API at all: bad credentials are 401 there, too, and a robot for the
 * registry alone is told so. The token realm would prove it as well, but also one that none of the
 * commands would work for.
 *
 * @returns the name in its one spelling
 * @throws ApiError
 */
export async function proveLogin(url: string, credentials: ClientCredentials): Promise<string> {
  const client = createNodeClient({ url, credentials })
  try {
    const robot = robotName(credentials)
    if (robot === undefined) return (await client.call('getMe')).data.username
    await client.collect('getProjects', { atMost: 1 })
    return robot
  } finally {
    await client.close()
  }
}
