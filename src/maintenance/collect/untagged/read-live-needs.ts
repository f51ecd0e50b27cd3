import pLimit from 'p-limit'
import { walkTree } from '../../../images/walk-tree.ts'
import type { RegistryClient } from '../../../registry/client.ts'

const LOOKS_AT_ONCE = 8

/**
 * Reads every tag of a repository live, and all that they lead to.
 *
 * @returns undefined where something could not be read to its end: then nothing may go (R28)
 * @throws AppError UNAVAILABLE (503), REGISTRY_FAILED (502)
 */
export async function readLiveNeeds(
  registry: RegistryClient,
  { repository, signal }: { readonly repository: string; readonly signal: AbortSignal },
): Promise<ReadonlySet<string> | undefined> {
  const limit = pLimit(LOOKS_AT_ONCE)
  const tags = (await registry.listTags(repository, { signal })) ?? []
  const found = await Promise.all(
    tags.map((reference) =>
      limit(() => registry.findManifest({ repository, reference }, { signal })),
    ),
  )
  const roots = new Set(found.flatMap((one) => one?.digest ?? []))
  const trees = await Promise.all(
    [...roots].map((root) =>
      limit(() => {
        signal.throwIfAborted()
        return walkTree(registry, { repository, root }, { signal })
      }),
    ),
  )
  if (trees.some(({ isWhole }) => !isWhole)) return undefined
  const subjects = trees.flatMap(({ manifests }) =>
    [...manifests.values()].flatMap(({ content }) => content.subjectDigest ?? []),
  )
  return new Set([
    ...roots,
    ...trees.flatMap(({ manifests }) => [...manifests.keys()]),
    ...subjects,
  ])
}
