import type { Database } from '../database/open-database.ts'
import { findRepositoryIds } from '../images/repository-queries.ts'
import { findAbsentTags } from '../images/tag-change-queries.ts'
import { EMPTY_INDEX_BYTES } from '../removal/empty-index.ts'
import { listDummyDigests } from '../removal/queries.ts'
import { isOwnPush } from './plan-events.ts'
import type { WaitingEvent } from './queries.ts'

const isEmptyIndexOfOurs = (event: WaitingEvent): boolean =>
  isOwnPush(event) && event.tag !== undefined && event.sizeBytes === EMPTY_INDEX_BYTES

const keyOf = ({ repository, tag }: Pick<WaitingEvent, 'repository' | 'tag'>): string =>
  `${repository} ${tag}`

/** Tags that the index knows to be gone, among those of events. */
async function findGone(
  transaction: Database,
  events: readonly WaitingEvent[],
): Promise<ReadonlySet<string>> {
  if (events.length === 0) return new Set()
  const ids = await findRepositoryIds(
    transaction,
    events.map(({ repository }) => repository),
  )
  const names = new Map([...ids].map(([name, id]) => [id, name]))
  const keys = events.flatMap(({ repository, tag }) => {
    const repositoryId = ids.get(repository)
    return repositoryId === undefined || tag === undefined ? [] : [{ repositoryId, name: tag }]
  })
  const absent = await findAbsentTags(transaction, keys)
  return new Set(
    absent.map(({ repositoryId, name }) =>
      keyOf({ repository: names.get(repositoryId) ?? '', tag: name }),
    ),
  )
}

/**
 * Without our own pushes of empty indexes: whoever removes the tags marks them when they are gone, and
 * until then there is nothing to read (R23). One that is told of after that says that its tag went, as
 * far as the index does not know it.
 */
export async function leavePassing(
  transaction: Database,
  events: readonly WaitingEvent[],
): Promise<readonly WaitingEvent[]> {
  const own = events.filter(isOwnPush)
  if (own.length === 0) return events
  const passing = await listDummyDigests(
    transaction,
    own.flatMap(({ digest }) => digest ?? []),
  )
  const isPassing = (event: WaitingEvent): boolean =>
    isOwnPush(event) && passing.has(event.digest ?? '')
  const late = own.filter((event) => isEmptyIndexOfOurs(event) && !isPassing(event))
  const gone = await findGone(transaction, late)
  const isLate = new Set(late)
  return events.flatMap((event): readonly WaitingEvent[] => {
    if (isPassing(event)) return []
    if (!isLate.has(event)) return [event]
    return gone.has(keyOf(event)) ? [] : [{ ...event, action: 'delete' }]
  })
}
