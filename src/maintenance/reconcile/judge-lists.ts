import type { Database } from '../../database/open-database.ts'
import { limitOf } from '../../images/brake.ts'
import { disengageBrake, engageBrake, noteKnown, readBrakeRow } from '../../images/brake-queries.ts'
import type { Run } from './types.ts'

/** @returns what is wrong with the registry's lists; undefined when they can be believed */
function faultOf(run: Run, known: { readonly repository: number; readonly tag: number }) {
  const { listed, omittedRepositories, omittedTags } = run
  if (listed === 0 && omittedRepositories > 0) {
    return `the registry's catalog is empty, and ${omittedRepositories} repositories are there all the same`
  }
  if (omittedRepositories > limitOf(known.repository)) {
    return `the registry's catalog leaves out ${omittedRepositories} repositories that are there`
  }
  if (omittedTags > limitOf(known.tag)) {
    return `the registry's lists leave out ${omittedTags} tags that are there`
  }
  return undefined
}

/**
 * Judges the lists of a run that came to its end: the brake is engaged when they left out too much
 * that is there, and let go when that was why it was engaged and they are whole again.
 */
export async function judgeLists(transaction: Database, run: Run): Promise<void> {
  const { known } = await readBrakeRow(transaction)
  const fault = faultOf(run, known)
  if (fault !== undefined) {
    await engageBrake(transaction, { reason: 'lists', detail: fault })
    return
  }
  await disengageBrake(transaction, 'lists')
  await noteKnown(transaction, { repository: run.repositories, tag: run.tags })
}
