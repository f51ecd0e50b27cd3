import { randomBytes } from 'node:crypto'

/** A password that is found again in whatever form it was written: every encoding changes it. */
export const createCanary = (what: string): string =>
  `Canary ${what} "${randomBytes(9).toString('hex')}" & 50%+ü/`

/** The middle of its base64 form for each place where it may begin in what is encoded. */
function base64Forms(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    // The letters at the ends depend on the neighbours.
    const middle = text.slice(4, -4)
    return [middle, middle.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

/** Every way in which a secret may stand in a text. */
export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(JSON.stringify(secret)).slice(3, -3),
    encodeURIComponent(secret),
    new URLSearchParams({ x: secret }).toString().slice(2),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    bytes.toString('latin1'),
    ...base64Forms(bytes),
  ]
}

export interface Leak {
  readonly secret: string
  readonly around: string
}

/** Where one of the secrets stands in a text, in any form. */
export const findLeaks = (text: string, secrets: readonly string[]): readonly Leak[] =>
  secrets.flatMap((secret) =>
    [...new Set(formsOf(secret))].flatMap((form) => {
      const at = text.indexOf(form)
      return at === -1 ? [] : [{ secret, around: text.slice(Math.max(0, at - 200), at + 100) }]
    }),
  )
