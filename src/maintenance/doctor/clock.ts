import { type Check, type Finding, fault, ok, skipped, warning } from './check.ts'
import type { Examination } from './examination.ts'
import type { Answer } from './wire.ts'

const WARN_ABOVE_SECONDS = 5
/** The registry takes a token that is 60 seconds off, and no more. */
const FAULT_ABOVE_SECONDS = 55

const ADVICE =
  'let every machine follow the same time servers (chrony, systemd-timesyncd); the registry takes tokens that are less than 60 seconds off'

export interface Skew {
  /** Whose clock, as the beginning of a sentence. */
  readonly clock: string
  /** Seconds by which it is ahead of ours; negative when it is behind. */
  readonly seconds: number
}

/** @returns undefined where the answer has no date. It is given in whole seconds, so half of one is added */
export function skewOfAnswer(clock: string, answer: Answer): Skew | undefined {
  const dateMs = Date.parse(answer.header('date'))
  return Number.isNaN(dateMs)
    ? undefined
    : { clock, seconds: (dateMs + 500 - answer.at.getTime()) / 1000 }
}

/** Clocks of others held against ours, as far as they can be seen from outside. */
export async function readSkews({ ping, issued }: Examination): Promise<readonly Skew[]> {
  const answer = await ping().catch(() => undefined)
  const token = await issued()
  const skews = [
    answer && skewOfAnswer('the clock at the public address', answer),
    token && {
      clock: "the token service's clock",
      seconds: (token.issuedAt.getTime() + 500 - token.at.getTime()) / 1000,
    },
  ]
  return skews.filter((skew) => skew !== undefined)
}

export const isFaulty = ({ seconds }: Skew): boolean => Math.abs(seconds) > FAULT_ABOVE_SECONDS

function describe({ clock, seconds }: Skew): string {
  const size = Math.abs(seconds)
  if (size < 1) return `${clock} agrees with this machine`
  return `${clock} is ${Math.round(size)} s ${seconds > 0 ? 'ahead of' : 'behind'} this machine`
}

/** Judges by the worst of them; there must be one. */
export function judgeSkews(skews: readonly Skew[]): Finding {
  const worst = skews.toSorted((a, b) => Math.abs(b.seconds) - Math.abs(a.seconds))[0]
  if (worst === undefined) return skipped('no answer with a date in it')
  if (isFaulty(worst)) return fault(describe(worst), ADVICE)
  if (Math.abs(worst.seconds) > WARN_ABOVE_SECONDS) return warning(describe(worst), ADVICE)
  return ok(describe(worst))
}

export const clock: Check<Examination> = {
  name: 'clock',
  run: async (examination) => judgeSkews(await readSkews(examination)),
}
