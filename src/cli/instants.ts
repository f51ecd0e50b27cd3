import { InvalidArgumentError } from 'commander'
import { z } from 'zod'

const instantSchema = z.iso.datetime({ offset: true })

const SECONDS_BY_UNIT: Readonly<Record<string, number>> = { h: 3600, d: 86_400, w: 604_800 }

/** Takes a time with its zone, as the API does. */
export function parseInstant(text: string): string {
  if (instantSchema.safeParse(text).success) return text
  throw new InvalidArgumentError(
    'must be a time with its zone, such as 2030-12-31T23:59:59Z or 2030-12-31T23:59:59+08:00',
  )
}

/** Takes `12h`, `30d` or `4w`, counted from now, and gives that time. */
export function parseSpan(text: string): string {
  const [, count, unit = ''] = /^([1-9]\d{0,4})([hdw])$/.exec(text) ?? []
  const seconds = Number(count) * (SECONDS_BY_UNIT[unit] ?? Number.NaN)
  if (Number.isFinite(seconds)) return new Date(Date.now() + seconds * 1000).toISOString()
  throw new InvalidArgumentError('must be hours, days or weeks, such as 12h, 30d or 4w')
}
