import type { WriteDecisions } from '../policies/create-write-decisions.ts'
import { ALLOWED } from '../policies/types.ts'

/**
 * The rules beside rights and holds, such as immutable tags and quota. A registry token was proven
 * before they are asked; what they throw refuses the write.
 */
export type WriteRules = WriteDecisions

/** No rule at all. */
export const ALLOW_ALL: WriteRules = {
  decideManifestWrite: async () => ALLOWED,
  decideManifestDelete: async () => ALLOWED,
  decideUploadStart: async () => ALLOWED,
}
