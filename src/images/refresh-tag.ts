import type { DirtyMark } from './dirty-queries.ts'
import type { RefreshDeps, RefreshState } from './refresh-outcome.ts'
import { refreshReferences } from './refresh-references.ts'

/**
 * Reads one tag at the registry and writes what is found into the index.
 *
 * @returns `waiting` when it was absent for the first time: it goes when it is found absent again,
 *   a grace later (R30)
 * @throws AppError UNAVAILABLE (503), REGISTRY_FAILED (502)
 */
export async function refreshTag(
  deps: RefreshDeps,
  { tag, ...mark }: { readonly tag: string } & Omit<DirtyMark, 'reference'>,
): Promise<RefreshState> {
  const [outcome] = await refreshReferences(deps, [{ ...mark, reference: tag }])
  if (outcome?.error !== undefined) throw outcome.error
  return outcome?.state ?? 'settled'
}
