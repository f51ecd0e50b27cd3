import { randomInt } from 'node:crypto'

/** Random choices that come again from the same seed. */
export interface Generator {
  readonly seed: number
  /** A whole number from 0 up to, and without, `below`. */
  readonly integer: (below: number) => number
  /** True once in `times`. */
  readonly once: (times: number) => boolean
  readonly pick: <T>(from: readonly T[]) => T
  /** `least` to `most` things. */
  readonly list: <T>(least: number, most: number, make: () => T) => readonly T[]
  readonly text: (least: number, most: number, alphabet: string) => string
}

/** Of the variable TEST_SEED, to see a failure again; else a new one. */
export const chooseSeed = (): number => Number(process.env.TEST_SEED ?? randomInt(2 ** 31))

/**
 * The mulberry32 generator: small, and good enough to spread over inputs.
 *
 * @see https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 */
export function createGenerator(seed: number): Generator {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const integer = (below: number): number => Math.floor(next() * below)
  const pick = <T>(from: readonly T[]): T => {
    if (from.length === 0) throw new Error('nothing to pick from')
    return from[integer(from.length)] as T
  }
  const list = <T>(least: number, most: number, make: () => T): readonly T[] =>
    Array.from({ length: least + integer(most - least + 1) }, make)
  return {
    seed,
    integer,
    once: (times) => integer(times) === 0,
    pick,
    list,
    text: (least, most, alphabet) => list(least, most, () => pick([...alphabet])).join(''),
  }
}
