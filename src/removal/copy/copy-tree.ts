import pLimit from 'p-limit'
import { AppError } from '../../errors.ts'
import { readManifestContent } from '../../images/manifest-content.ts'
import type { Manifest } from '../../registry/manifests.ts'
import { type PutOwnDeps, putOwn } from './put-own.ts'

const CALLS_AT_ONCE = 6
/** Far more than people have; what a pusher wrote may be a maze (R33). */
const MOST_MANIFESTS = 500
const MOST_BLOBS = 5000

export interface CopyTreeInput {
  readonly source: string
  readonly target: string
  readonly root: Manifest
}

interface Walk extends CopyTreeInput {
  readonly deps: PutOwnDeps
  readonly manifests: Set<string>
  readonly blobs: Set<string>
}

const conflict = (detail: string): AppError => new AppError('CONFLICT', { detail })

function requireRoom({ manifests, blobs, source }: Walk): void {
  if (manifests.size <= MOST_MANIFESTS && blobs.size <= MOST_BLOBS) return
  throw conflict(
    `the image of ${source} has more than ${MOST_MANIFESTS} manifests or ${MOST_BLOBS} blobs; copy it with a client such as skopeo`,
  )
}

async function mountBlobs(walk: Walk, digests: readonly string[]): Promise<void> {
  const { deps, source: from, target: repository } = walk
  const limit = pLimit(CALLS_AT_ONCE)
  const mount = async (digest: string): Promise<void> => {
    if (await deps.registry.mountBlob({ repository, from, digest })) return
    throw conflict(`the blob ${digest} of ${from} is not there, so the image cannot be copied`)
  }
  await Promise.all(digests.map((digest) => limit(() => mount(digest))))
}

async function readChild({ deps, source }: Walk, digest: string): Promise<Manifest> {
  const child = await deps.registry.readManifest({ repository: source, reference: digest })
  if (child !== undefined) return child
  throw conflict(`the manifest ${digest} of ${source} is not there, so the index cannot be copied`)
}

/** Children first: the registry takes no index before what it leads to. */
async function copyBelow(walk: Walk, { content, digest }: Manifest): Promise<void> {
  walk.manifests.add(digest)
  const { blobs, children, isWhole } = readManifestContent(content)
  if (!isWhole) throw conflict(`the manifest ${digest} of ${walk.source} cannot be read to its end`)
  const own = blobs.filter((blob) => !blob.isForeign).map((blob) => blob.digest)
  const fresh = own.filter((blob) => !walk.blobs.has(blob))
  for (const blob of fresh) walk.blobs.add(blob)
  requireRoom(walk)
  await mountBlobs(walk, fresh)
  for (const child of children) {
    if (walk.manifests.has(child.digest)) continue
    const manifest = await readChild(walk, child.digest)
    await copyBelow(walk, manifest)
    await putOwn(walk.deps, { repository: walk.target, reference: child.digest, manifest })
  }
}

/**
 * Brings all that a manifest leads to from one repository into another by mounting it: no byte of a
 * layer is moved. The manifest itself is left to the caller.
 *
 * @throws AppError CONFLICT (409) when something of it is missing, or it has too much
 */
export async function copyTree(
  deps: PutOwnDeps,
  { source, target, root }: CopyTreeInput,
): Promise<void> {
  const walk = {
    deps,
    source,
    target,
    root,
    manifests: new Set<string>(),
    blobs: new Set<string>(),
  }
  await copyBelow(walk, root)
}
