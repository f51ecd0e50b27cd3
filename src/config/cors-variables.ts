import { z } from 'zod'

const MOST_ORIGINS = 50
const DAY_SECONDS = 86_400

/** What is wrong with a text as an origin; undefined when it is exactly what a browser sends. */
function originFault(text: string): string | undefined {
  const shown = JSON.stringify(text.slice(0, 100))
  if (/[*\s]/.test(text) || text === 'null') {
    return `${shown} is no origin: name each one in full, such as https://portal.example.com`
  }
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    return `${shown} is no origin: it must be http:// or https://, a host, and a port where it is not the usual one`
  }
  const { origin } = new URL(text)
  return origin === text ? undefined : `${shown} is not what browsers send: write ${origin}`
}

const origins = z
  .string()
  .transform((text) => [...new Set(text.split(',').flatMap((part) => part.trim() || []))])
  .superRefine((list, context) => {
    const faults = list.flatMap((text) => originFault(text) ?? [])
    if (list.length > MOST_ORIGINS) faults.push(`must be at most ${MOST_ORIGINS} origins`)
    if (faults.length > 0) context.addIssue({ code: 'custom', message: faults.join('; ') })
  })

/** Variables of pages on other origins that call the API. */
export const CORS_VARIABLES = {
  WARDEN_CORS_ORIGINS: origins
    .optional()
    .describe(
      'Origins whose pages may call the API in a browser, such as https://portal.example.com, separated by commas; none by default',
    ),
  WARDEN_CORS_MAX_AGE_SECONDS: z
    .string()
    .regex(/^\d{1,6}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().max(DAY_SECONDS))
    .prefault('7200')
    .describe('How long browsers may remember that an origin is allowed, in seconds'),
} as const

export interface CorsConfig {
  /** Exact; nobody's when it is empty. */
  readonly origins: readonly string[]
  readonly maxAgeSeconds: number
}

const schema = z.object(CORS_VARIABLES)

export const toCorsConfig = (v: z.output<typeof schema>): CorsConfig => ({
  origins: v.WARDEN_CORS_ORIGINS ?? [],
  maxAgeSeconds: v.WARDEN_CORS_MAX_AGE_SECONDS,
})
