import { isDigest } from '../protocol/reference.ts'
import { decideManifestDelete, type ManifestDelete } from './immutable-tags/decide-delete.ts'
import { decideTagWrite, type TagDecisionDeps } from './immutable-tags/decide-tag-write.ts'
import { decideQuota, type QuotaDecisionDeps } from './quota/decide-quota.ts'
import type { Verdict } from './types.ts'

/** A manifest on its way to the registry; who pushes it may push to that repository. */
export interface ManifestWrite {
  readonly repository: string
  /** A tag or a digest. */
  readonly reference: string
  /** Of the content. */
  readonly digest: string
  readonly mediaType: string
  readonly content: Buffer
}

export type WriteDecisionDeps = TagDecisionDeps & QuotaDecisionDeps

/**
 * What is asked before anything is written to the registry, for whoever it is: requests at the door
 * and our own writes (R24). Rights and holds are not of this.
 */
export interface WriteDecisions {
  /** @throws AppError UNAVAILABLE (503), REGISTRY_FAILED (502) when it cannot be decided */
  readonly decideManifestWrite: (write: ManifestWrite) => Promise<Verdict>
  readonly decideManifestDelete: (deletion: ManifestDelete) => Promise<Verdict>
  readonly decideUploadStart: (upload: { readonly repository: string }) => Promise<Verdict>
}

export function createWriteDecisions(deps: WriteDecisionDeps): WriteDecisions {
  return {
    decideManifestWrite: async ({ repository, reference, digest }) => {
      const verdict = await decideQuota(deps, { repository, digest })
      if (!verdict.allowed || isDigest(reference)) return verdict
      return decideTagWrite(deps, { repository, tag: reference, digest })
    },
    decideManifestDelete: (deletion) => decideManifestDelete(deps, deletion),
    decideUploadStart: ({ repository }) => decideQuota(deps, { repository }),
  }
}
