import { isOwnFailure } from '../registry/answers.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { ManifestReference } from '../registry/manifests.ts'

/**
 * Deletes an empty index with the tags that are on it.
 *
 * Registry 2.8 deletes the manifest before it looks through the tags of the repository. Where it cannot
 * read one of those it stops there and says so: what was on the index leads nowhere then, and may stay
 * in the registry's list.
 */
export async function deleteDummy(
  registry: Pick<RegistryClient, 'deleteManifest' | 'lookUpManifest'>,
  dummy: ManifestReference,
): Promise<'deleted' | 'missing' | 'disabled'> {
  try {
    return await registry.deleteManifest(dummy)
  } catch (error) {
    if (!isOwnFailure(error)) throw error
    if ((await registry.lookUpManifest(dummy)) !== 'unknown') throw error
    return 'deleted'
  }
}
