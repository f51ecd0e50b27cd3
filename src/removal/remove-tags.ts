import type { Actor } from '../audit/record.ts'
import type { HoldTags } from '../holds/hold-tags.ts'
import { MOST_AT_ONCE, type RemoveBatchDeps, removeBatch } from './remove-batch.ts'
import { isAllKnown, type TagResult, type TagTarget } from './types.ts'
import { underHold } from './under-hold.ts'

export interface RemoveTagsDeps extends RemoveBatchDeps {
  readonly holdTags: HoldTags
}

export interface RemoveTagsInput {
  readonly repository: string
  readonly tags: readonly TagTarget[]
  readonly actor: Actor
  readonly signal: AbortSignal
  /** Told of each tag when it is dealt with. */
  readonly onItem: (item: {
    readonly tag: string
    readonly outcome: 'removed' | 'changed' | 'immutable' | 'failed'
    /** Why it stays. */
    readonly reason: string | undefined
  }) => Promise<void>
}

const OUTCOMES: Readonly<
  Record<TagResult['outcome'], 'removed' | 'changed' | 'immutable' | 'failed'>
> = {
  removed: 'removed',
  // Somebody else was faster: it is not there any more, as was wanted.
  absent: 'removed',
  changed: 'changed',
  immutable: 'immutable',
  hollow: 'failed',
  unreadable: 'failed',
  busy: 'failed',
  unfinished: 'failed',
}

/**
 * Removes tags of one repository for a rule, with pushes to them held; each is compared live with the
 * digest that it is expected on (R21).
 *
 * @throws AppError CONFLICT (409) while they are held by others, or when the registry allows no deletes
 */
export async function removeTags(deps: RemoveTagsDeps, input: RemoveTagsInput): Promise<void> {
  const { repository, actor, signal, onItem } = input
  let left = input.tags
  while (left.length > 0) {
    signal.throwIfAborted()
    const batch = left.slice(0, MOST_AT_ONCE)
    const tags = batch.map(({ tag }) => tag)
    const reason = 'a rule of retention removes this tag'
    const hold = await deps.holdTags({ repository, tags, reason })
    const work = () => removeBatch(deps, { repository, targets: batch, hold, actor })
    const results = await underHold(hold, work, isAllKnown)
    for (const [tag, result] of results) {
      const reason = 'reason' in result ? result.reason : undefined
      await onItem({ tag, outcome: OUTCOMES[result.outcome], reason })
    }
    const waiting = batch.filter(({ tag }) => !results.has(tag))
    left = [...waiting, ...left.slice(MOST_AT_ONCE)]
  }
}
