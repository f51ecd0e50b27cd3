import type { Database } from '../database/open-database.ts'
import { listConcerning, listOverlapping } from './queries.ts'
import type { Hold, HoldKind, HoldTarget } from './types.ts'

/** What a person sets is told before what passes by itself. */
const FIRST: readonly HoldKind[] = ['read-only', 'collecting', 'removal']

const first = (found: readonly Hold[]): Hold | undefined =>
  found.toSorted((a, b) => FIRST.indexOf(a.kind) - FIRST.indexOf(b.kind)).at(0)

/**
 * The hold that stops a write, read from the database by one index; undefined: none does.
 *
 * @param target without a tag for what goes to no tag
 */
export const findHold = async (database: Database, target: HoldTarget): Promise<Hold | undefined> =>
  first(await listConcerning(database, target))

/** A hold that stops others from holding the target, or anything in it. */
export const findOverlappingHold = async (
  database: Database,
  target: HoldTarget,
): Promise<Hold | undefined> => first(await listOverlapping(database, target))
