import type { Hold } from './types.ts'

/** Whoever reads this wanted to write, and is to know what to do. */
export function describeHold({ kind, reason }: Hold): string {
  if (kind === 'read-only') return `the registry is read-only: ${reason}`
  if (kind === 'collecting') return `${reason}; pulls go on, push again in a moment`
  return `${reason}; try again in a minute`
}
