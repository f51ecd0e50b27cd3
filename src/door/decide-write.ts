import type { WriteDecisions } from '../policies/create-write-decisions.ts'

/**
 * The rules beside rights and holds, such as immutable tags and quota. A registry token was proven
 * before they are asked; what they throw refuses the write.
 */
export type WriteRules = WriteDecisions
