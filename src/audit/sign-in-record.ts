import type { Database } from '../database/open-database.ts'
import { type CountedRows, createCountedRows } from './counted-rows.ts'
import type { AuditAction, SignInWay } from './record.ts'
import type { AuditRow } from './types.ts'
import { unknownName } from './unknown-name.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const MOST_GOOD = 5000
const MOST_BAD = 500

/** Who tried to sign in; a name without an account may be anything, even a password. */
export interface Applicant {
  readonly name: string
  readonly isKnown: boolean
}

/**
 * Records who signed in, and who failed to. A call costs a look into a map: rows are written later,
 * the first of a kind within seconds, then one an hour with the number of good ones, and one a
 * minute with that of bad ones.
 */
export interface SignInRecord {
  readonly succeeded: (name: string, address: string, way: SignInWay) => void
  readonly failed: (applicant: Applicant, address: string, way: SignInWay) => void
  readonly flush: CountedRows['flush']
}

export interface SignInRecordDeps {
  readonly database: Database
  readonly installationId: string
  readonly monotonicMs: () => number
}

const overflow = (outcome: AuditRow['outcome']): AuditRow => ({
  actorName: 'warden$system',
  action: 'record.overflow' satisfies AuditAction,
  target: 'sign-ins beyond those that are told apart',
  outcome,
})

export function createSignInRecord(deps: SignInRecordDeps): SignInRecord {
  const { installationId } = deps
  const good = createCountedRows({
    ...deps,
    most: MOST_GOOD,
    everyMs: HOUR_MS,
    overflow: overflow('done'),
  })
  const createBad = (): CountedRows =>
    createCountedRows({
      ...deps,
      most: MOST_BAD,
      everyMs: MINUTE_MS,
      overflow: overflow('failed'),
    })
  // Apart: names that nobody has cost nothing to invent, and would leave no room for the others.
  const bad = createBad()
  const unknown = createBad()
  const nameOf = ({ name, isKnown }: Applicant): string =>
    isKnown ? name : unknownName(installationId, name)
  const rowOf = (actorName: string, address: string, way: SignInWay) => {
    const action: AuditAction = `signin.${way}`
    return { actorName, action, target: actorName, address }
  }
  return {
    succeeded: (name, address, way) =>
      good.count({ ...rowOf(name, address, way), outcome: 'done' }),
    failed: (applicant, address, way) =>
      (applicant.isKnown ? bad : unknown).count({
        ...rowOf(nameOf(applicant), address, way),
        outcome: 'failed',
      }),
    flush: async (input) => {
      await good.flush(input)
      await bad.flush(input)
      await unknown.flush(input)
    },
  }
}
