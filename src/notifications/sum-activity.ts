import type { Activity } from '../images/activity-queries.ts'
import { idOf, type RepositoryIds } from '../images/repository-queries.ts'
import { projectOf } from '../protocol/reference.ts'
import type { PullEvent } from './count-pulls.ts'
import { dayOf, type EventPlan } from './plan-events.ts'
import type { WaitingEvent } from './queries.ts'

/** Adds up what happened, by repository and day. */
export function sumActivity(
  { pushes, blobs, blobPulls }: EventPlan,
  pulls: readonly PullEvent[],
  ids: RepositoryIds,
): readonly Activity[] {
  const sums = new Map<string, Activity>()
  const add = (event: WaitingEvent, part: Partial<Activity>): void => {
    const place = { repositoryId: idOf(ids, event), project: projectOf(event.repository) }
    const key = `${place.repositoryId} ${dayOf(event)}`
    const none = { pulls: 0, pushes: 0, pulledBytes: 0, pushedBytes: 0 }
    const sum = sums.get(key) ?? { ...place, day: dayOf(event), ...none }
    sums.set(key, {
      ...sum,
      pulls: sum.pulls + (part.pulls ?? 0),
      pushes: sum.pushes + (part.pushes ?? 0),
      pulledBytes: sum.pulledBytes + (part.pulledBytes ?? 0),
      pushedBytes: sum.pushedBytes + (part.pushedBytes ?? 0),
    })
  }
  for (const event of pulls) add(event, { pulls: 1 })
  for (const event of pushes) add(event, { pushes: 1 })
  for (const event of blobPulls) add(event, { pulledBytes: event.sizeBytes })
  for (const event of blobs) {
    if (event.action === 'push') add(event, { pushedBytes: event.sizeBytes })
  }
  return [...sums.values()]
}
