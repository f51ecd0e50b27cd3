import type { RightsChange } from '../database/change-version.ts'
import type { Database } from '../database/open-database.ts'
import { endActingFor } from './acting-queries.ts'
import { deleteTokensOf } from './queries.ts'
import { deleteRobotsOf } from './robot-queries.ts'

/**
 * What ends here with an account, a group or a project, in the transaction that deletes it; lower rooms are
 * given it by `app.ts`. Their change, noted there, also drops what is remembered of these.
 */
export interface EndCredentials {
  /** Ends the access and identity tokens of a user. */
  readonly endTokens: (transaction: Database, userId: number) => Promise<void>
  /** Ends the robots of a project. */
  readonly endRobots: (transaction: Database, projectId: number) => Promise<void>
  /** Ends the right of robots to act for the members of a group; notes which robots. */
  readonly endActingFor: (change: RightsChange, groupId: number) => Promise<void>
}

export const END_CREDENTIALS: EndCredentials = {
  endTokens: deleteTokensOf,
  endRobots: deleteRobotsOf,
  endActingFor,
}
