import { InvalidArgumentError } from 'commander'

const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  kB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
}

/** `10737418240`, `10GiB` or `1.5TB`, in bytes. */
export function parseSize(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,16}(?:\.\d{1,3})?) ?([A-Za-z]*)$/.exec(text) ?? []
  const factor = FACTORS[unit]
  const bytes = Math.round(Number(number) * (factor ?? Number.NaN))
  if (number !== '' && Number.isSafeInteger(bytes)) return bytes
  throw new InvalidArgumentError('must be bytes, or a size with its unit, such as 500MB or 10GiB')
}
