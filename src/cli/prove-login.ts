import { createApiClient } from '../client/client.ts'
import type { ApiCredentials } from '../client/transport.ts'
import { ROBOT_PREFIX } from '../protocol/subject.ts'

/** The name of a robot; undefined for people. */
function robotName(credentials: ApiCredentials): string | undefined {
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
export async function proveLogin(url: string, credentials: ApiCredentials): Promise<string> {
  const client = createApiClient({ url, credentials })
  try {
    const robot = robotName(credentials)
    if (robot === undefined) return (await client.readMe()).username
    await client.listProjects({ limit: 1 })
    return robot
  } finally {
    await client.close()
  }
}
