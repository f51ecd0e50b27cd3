import { createHmac } from 'node:crypto'

/** A hash that nobody has to read to its end. */
const DIGITS = 32

/** What stands in the record for a name that nobody has: people type passwords there (R34). */
export function unknownName(installationId: string, name: string): string {
  const digest = createHmac('sha256', installationId).update(name).digest('hex')
  return `unknown$${digest.slice(0, DIGITS)}`
}
