import type { Config } from '../../config/read-config.ts'
import type { Database } from '../../database/open-database.ts'
import { pingDatabase } from '../../database/wait-for-database.ts'
import { createSigner } from '../../signing/signer.ts'
import { readAuthority, type TokenAuthority } from '../../signing/token-authority.ts'
import { createOwnTokens } from '../../token/issue-token.ts'
import { reasonOf } from './check.ts'
import type { Inside } from './examination.ts'

type Found = Pick<Inside, 'authority' | 'authorityFailure'>

async function findAuthority(path: string): Promise<Found> {
  try {
    const authority = await readAuthority(path)
    return { authority, authorityFailure: authority ? undefined : `there is none in ${path}` }
  } catch (error) {
    return { authority: undefined, authorityFailure: reasonOf(error) }
  }
}

const ownTokens = (
  authority: TokenAuthority,
  { token: settings }: Config,
  now: () => Date,
): Inside['tokenFor'] => {
  const signer = createSigner({ authority, leafSeconds: settings.leafSeconds, now })
  return createOwnTokens({ signer, now, settings })
}

/** Looks at what stands beside the service: its database and its authority. Waits for neither. */
export async function lookInside({
  config,
  database,
  now,
}: {
  readonly config: Config
  readonly database: Database
  readonly now: () => Date
}): Promise<Inside> {
  const [databaseFailure, found] = await Promise.all([
    pingDatabase(database).then(() => undefined, reasonOf),
    findAuthority(config.certs.authorityPath),
  ])
  const { authority } = found
  const tokenFor = authority && ownTokens(authority, config, now)
  return { config, database, databaseFailure, ...found, tokenFor }
}
