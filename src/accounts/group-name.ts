import { LOCAL } from './identity.ts'
import { normalizeUsername } from './username.ts'

const MARK = ':'
const LONGEST = 128
const SOURCE = /^[a-z][a-z0-9-]{0,31}$/

/** A group as it is kept: names of two sources never meet (R9). */
export interface GroupKey {
  readonly source: string
  readonly name: string
}

/** Whether a source may call a group so; what does not fit is left out of claims. */
export const isClaimedName = (name: string): boolean =>
  name.length > 0 && name.length <= LONGEST && !/\p{Cc}|\p{Cs}/u.test(name) && name.trim() === name

/** What the API calls a group: local ones by their name, others with their source before it. */
export const groupLabel = ({ source, name }: GroupKey): string =>
  source === LOCAL ? name : `${source}${MARK}${name}`

/**
 * The group that a label means. Local names hold no colon, so the first one ends a source.
 *
 * @returns undefined when it cannot be a label
 */
export function parseGroupLabel(label: string): GroupKey | undefined {
  const mark = label.indexOf(MARK)
  if (mark === -1) {
    const name = normalizeUsername(label)
    return name === undefined ? undefined : { source: LOCAL, name }
  }
  const source = label.slice(0, mark)
  const name = label.slice(mark + 1)
  const isForeign = SOURCE.test(source) && source !== LOCAL && isClaimedName(name)
  return isForeign ? { source, name } : undefined
}

/** What a label looks like, good enough for a cursor. */
export const LABEL_FORM = /^[^\p{Cc}\p{Cs}\ufffd]{1,200}$/u
