/** One line of the result: what was measured, and what it is held against. */
export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: '/s' | 'us' | 'ms' | 's' | 'bytes' | 'MiB'
  readonly against: string
  readonly reference: number
  /** `value` by `reference`. */
  readonly ratio: number
  /** Undefined where a figure only tells how fast the machine is. */
  readonly goal: { readonly text: string; readonly isReached: boolean } | undefined
}

/** A rate, or a size, that is to be at least, or at most, so much of its reference. */
export function toFigure(
  measured: Omit<Figure, 'ratio' | 'goal'>,
  goal?: { readonly atLeast: number } | { readonly atMost: number },
): Figure {
  const ratio = measured.value / measured.reference
  if (goal === undefined) return { ...measured, ratio, goal: undefined }
  const stated =
    'atLeast' in goal
      ? { text: `>= ${goal.atLeast}`, isReached: ratio >= goal.atLeast }
      : { text: `<= ${goal.atMost}`, isReached: ratio <= goal.atMost }
  return { ...measured, ratio, goal: stated }
}
