import { actorWithOrigin, recordActorAudit } from '../../audit/record.ts'
import { inTransaction } from '../../database/transaction.ts'
import { AppError } from '../../errors.ts'
import { type Caller, requirePresent } from '../../http/caller.ts'
import { markDirty } from '../../images/dirty-queries.ts'
import { requireRepository } from '../../images/require-repository.ts'
import type { RequirePermissionDeps } from '../../projects/require-permission.ts'
import { hasReservedSegment, isDigest, projectOf } from '../../protocol/reference.ts'
import type { Manifest } from '../../registry/manifests.ts'
import { copyTree } from './copy-tree.ts'
import { type PutOwnDeps, putOwn } from './put-own.ts'

export interface CopyTagDeps extends PutOwnDeps, RequirePermissionDeps {}

export interface CopyTagInput {
  readonly caller: Caller
  readonly repository: string
  readonly tag: string
  readonly from: { readonly repository: string; readonly reference: string }
}

async function readSource({ registry }: CopyTagDeps, { from }: CopyTagInput): Promise<Manifest> {
  const manifest = await registry.readManifest(from)
  if (manifest !== undefined) return manifest
  const { repository, reference } = from
  throw isDigest(reference)
    ? new AppError('MANIFEST_UNKNOWN', {
        detail: `there is no manifest ${reference} in ${repository}`,
      })
    : new AppError('TAG_UNKNOWN', { detail: `there is no tag ${reference} in ${repository}` })
}

/**
 * Puts a tag on an image that is there already, in the same repository or in another one. What the
 * image is made of is mounted; no layer is moved. What is about it, such as signatures, stays behind.
 *
 * @returns the digest that the tag is on now
 * @throws AppError UNAUTHORIZED (401), DENIED (403), REPOSITORY_UNKNOWN, TAG_UNKNOWN or
 *   MANIFEST_UNKNOWN (404)
 * @throws AppError CONFLICT (409) with the reason when a rule or a hold stops it, or parts are missing
 */
export async function copyTag(deps: CopyTagDeps, input: CopyTagInput): Promise<string> {
  const { caller, repository, tag, from } = input
  const source = from.repository
  await requireRepository(deps, { caller, repository: source, permission: 'repository:pull' })
  await requireRepository(deps, { caller, repository, permission: 'repository:push' })
  if (hasReservedSegment(repository)) {
    throw new AppError('DENIED', {
      detail: `the name ${repository} holds tags, manifests, blobs or referrers, a word of the paths of the registry; take another name`,
    })
  }
  const manifest = await readSource(deps, input)
  if (source !== repository) await copyTree(deps, { source, target: repository, root: manifest })
  // From here on it ends within seconds, or not at all.
  requirePresent(caller)
  await putOwn(deps, { repository, reference: tag, manifest })
  const actor = actorWithOrigin(caller)
  await inTransaction(deps.database, async (transaction) => {
    const mark = { repository, reference: tag, actor: actor.actorName, pushedAt: deps.now() }
    await markDirty(transaction, [mark])
    await recordActorAudit(transaction, actor, {
      action: 'tag.copy',
      target: `${repository}:${tag}`,
      project: projectOf(repository),
      outcome: 'done',
    })
  })
  return manifest.digest
}
