import { randomUUID } from 'node:crypto'

/** Which process wrote a row, and as its how manieth; rolled back ones leave gaps. */
export interface Stamp {
  readonly replica: string
  readonly sequence: number
}

const REPLICA = randomUUID()
let written = 0

/** The next stamp of this process; none is given twice. */
export function nextStamp(): Stamp {
  written += 1
  return { replica: REPLICA, sequence: written }
}
