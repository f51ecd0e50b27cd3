import { recordActorAudit } from '../../audit/record.ts'
import type { Database } from '../../database/open-database.ts'
import { inTransaction } from '../../database/transaction.ts'
import { AppError } from '../../errors.ts'
import type { MovableTag, RestoreMoved } from '../../images/refresh-outcome.ts'
import { isDigest, projectOf } from '../../protocol/reference.ts'
import type { RegistryClient } from '../../registry/client.ts'
import type { CachedPolicies } from '../cached-policies.ts'
import type { ProjectPolicies } from '../types.ts'
import { isBinding, isImmutable } from './match-rules.ts'
import { findTagState, type TagState } from './tag-state-queries.ts'

export type RestoreOutcome = 'restored' | 'lost'

export interface RestoreMovedDeps {
  readonly database: Database
  readonly registry: Pick<RegistryClient, 'readManifest' | 'putManifest'>
  readonly policies: CachedPolicies
  readonly count: (outcome: RestoreOutcome) => void
  readonly warn: (fields: object, message: string) => void
}

type PoliciesByProject = ReadonlyMap<string, ProjectPolicies | undefined>

/** One look for all tags of a project: there may be tens of thousands. */
async function readPolicies(
  { policies }: RestoreMovedDeps,
  tags: readonly MovableTag[],
): Promise<PoliciesByProject> {
  const projects = [...new Set(tags.map(({ repository }) => projectOf(repository)))]
  return new Map(
    await Promise.all(
      projects.map(async (project) => [project, await policies.read(project)] as const),
    ),
  )
}

/** What an immutable tag was on, where it is on something else now. */
async function findMoved(
  { database }: RestoreMovedDeps,
  { repository, reference: tag, digest }: MovableTag,
  policies: PoliciesByProject,
): Promise<TagState | undefined> {
  const found = policies.get(projectOf(repository))
  if (found === undefined || isDigest(tag)) return undefined
  if (!isImmutable(found.immutableTags, { repository, tag })) return undefined
  const known = await findTagState(database, { repository, tag })
  if (known === undefined || known.digest === digest || !isBinding(known, found)) return undefined
  return known
}

/** The manifest, or what it needs, may have gone since: nobody has its bytes then. */
async function putBack(
  { registry }: RestoreMovedDeps,
  { repository, reference }: MovableTag,
  { digest }: TagState,
): Promise<RestoreOutcome> {
  try {
    const before = await registry.readManifest({ repository, reference: digest })
    if (before === undefined) return 'lost'
    await registry.putManifest({ repository, reference }, before)
    return 'restored'
  } catch (error) {
    if (error instanceof AppError && error.code === 'REGISTRY_FAILED') return 'lost'
    throw error
  }
}

async function restore(
  deps: RestoreMovedDeps,
  tag: MovableTag,
  before: TagState,
): Promise<RestoreOutcome> {
  const outcome = await putBack(deps, tag, before)
  const { repository, reference } = tag
  await inTransaction(deps.database, (transaction) =>
    recordActorAudit(
      transaction,
      { actorName: 'warden$system' },
      {
        action: 'tag.restore',
        target: `${repository}:${reference}`,
        project: projectOf(repository),
        outcome: outcome === 'restored' ? 'done' : 'failed',
      },
    ),
  )
  deps.count(outcome)
  deps.warn(
    { repository, tag: reference, from: before.digest, to: tag.digest, by: tag.actor, outcome },
    'an immutable tag was moved past this service',
  )
  return outcome
}

/**
 * Puts immutable tags back that were found on another manifest than they were on: the promise where
 * writes do not pass the door. What cannot be put back is recorded, and stays where it is; what could
 * not be put back now is tried again.
 */
export async function restoreMoved(
  deps: RestoreMovedDeps,
  tags: readonly MovableTag[],
): ReturnType<RestoreMoved> {
  const done = new Map<MovableTag, 'restored' | { readonly error: unknown }>()
  const policies = await readPolicies(deps, tags)
  for (const tag of tags) {
    const before = await findMoved(deps, tag, policies)
    if (before === undefined) continue
    try {
      if ((await restore(deps, tag, before)) === 'restored') done.set(tag, 'restored')
    } catch (error) {
      done.set(tag, { error })
    }
  }
  return done
}
