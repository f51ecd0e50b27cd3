import { z } from 'zod'
import { readCursor } from '../../http/page.ts'
import { foreignCursor, questionOf } from '../../http/sorted-page.ts'
import type { NameSeal } from '../name-seal.ts'

/** Names, texts, numbers and times (in milliseconds) that say where a list goes on. */
export type SealedKey = readonly (string | number | null)[]

const cursorSchema = z.tuple([z.string(), z.array(z.string().or(z.number()).or(z.null())).max(4)])

/** No key is longer. All are made as long, so that the length of a cursor tells nothing of a name. */
const CURSOR_LENGTH = 448

interface Question {
  readonly limit: number
  readonly cursor?: string | undefined
}

/** Which list is asked; a cursor of another one would lead to a wrong place. */
export interface ListQuestion {
  readonly list: string
  readonly query: Question
}

const hashOf = ({ list, query }: ListQuestion): string => questionOf({ ...query, list } as Question)

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Reads where a page begins, out of a cursor that says so to nobody else: the place may be one that
 * the caller must not know of.
 *
 * @returns undefined for the first page
 * @throws AppError REQUEST_INVALID (400) for a cursor of another list, sort or filter
 */
export function openCursor(seal: NameSeal, question: ListQuestion): SealedKey | undefined {
  const { cursor } = question.query
  if (cursor === undefined) return undefined
  const parsed = cursorSchema.safeParse(parse(seal.open(readCursor(cursor))))
  if (!parsed.success || parsed.data[0] !== hashOf(question)) throw foreignCursor()
  return parsed.data[1]
}

/** The key of the next page, for `presentPage`; undefined where there is none. */
export const sealKey = (
  seal: NameSeal,
  question: ListQuestion,
  key: SealedKey | undefined,
): string | undefined =>
  key && seal.seal(JSON.stringify([hashOf(question), key]).padEnd(CURSOR_LENGTH))
