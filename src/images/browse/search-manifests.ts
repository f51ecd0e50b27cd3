import type { ReachDeps } from '../../projects/find-reach.ts'
import type { SealedKey } from './sealed-cursor.ts'
import {
  findIdsByLabel,
  findPlacesOf,
  listNamesById,
  listPlaces,
  type ManifestHit,
} from './search-queries.ts'
import type { HitPiece, SearchPart } from './search-types.ts'

/** As long as values are kept to be found. */
const LABEL_LENGTH = 255
/** No id is beyond it. */
const LAST_ID = Number.MAX_SAFE_INTEGER

const placeOf = (key: SealedKey | undefined) =>
  key && { manifestId: Number(key[0]) || 0, repositoryId: Number(key[1]) || 0 }

async function toPiece(
  { database }: ReachDeps,
  found: readonly ManifestHit[],
  isEnd: boolean,
): Promise<HitPiece> {
  const names = await listNamesById(
    database,
    found.map(({ repositoryId }) => repositoryId),
  )
  const steps = found.map(({ manifestId, repositoryId, digest }) => {
    const repository = names.get(repositoryId)
    const hits = repository === undefined ? [] : [{ repository, tag: undefined, digest }]
    return { key: [manifestId, repositoryId] as SealedKey, hits }
  })
  return { steps, isEnd }
}

/** Where a manifest is. */
export const searchDigest =
  (deps: ReachDeps, digest: string): SearchPart =>
  async (key, most) => {
    const found = await findPlacesOf(deps.database, digest, { after: placeOf(key), most })
    return toPiece(deps, found, found.length < most)
  }

/** Where images are whose config has a label of that value. */
export const searchLabel =
  (deps: ReachDeps, { name, value }: { readonly name: string; readonly value: string }) =>
  async (key: SealedKey | undefined, most: number): Promise<HitPiece> => {
    const after = placeOf(key)
    const label = { name, value: value.slice(0, LABEL_LENGTH) }
    const from = after?.manifestId ?? 0
    const ids = await findIdsByLabel(deps.database, label, { from, most })
    const found = await listPlaces(deps.database, ids, { after, most })
    const piece = await toPiece(deps, found, found.length < most && ids.length < most)
    const last = ids.at(-1)
    if (found.length === most || last === undefined) return piece
    return { ...piece, steps: [...piece.steps, { key: [last, LAST_ID], hits: [] }] }
  }
