import { z } from 'zod'
import { issueText } from './issue-text.ts'

/** Signatures by a key that only the issuer has; `none` and shared secrets (HS…) are not among them. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const

const DEFAULT_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const
const DEFAULT_TYPES = ['JWT', 'at+jwt'] as const
const MOST_ISSUERS = 32
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** What is fetched decides who is let in, so plain http is for this machine alone. */
export function isFetchable(text: string): boolean {
  if (!URL.canParse(text) || /[?#\s]|\/\/[^/]*@/.test(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))
}

const fetchable = z
  .string()
  .refine(
    isFetchable,
    'must be an https URL without user, query and fragment (http for this machine alone)',
  )

const issuer = fetchable.refine(
  // One that stands for many would let the people of any of them in (R13).
  (text) => !/[{}*]|%7[bd]/i.test(text),
  'must be the issuer of one tenant: put its id in place of {…}',
)

const words = z.array(z.string().min(1).max(256)).min(1, 'must name at least one').max(32)

const claimPath = z.string().min(1).max(256)

const pem = z
  .string()
  .includes('-----BEGIN CERTIFICATE-----', { message: 'must be a PEM certificate' })

const issuerSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be 1 to 32 lower-case letters, digits or -')
    .refine((name) => name !== 'local' && name !== 'ldap', 'must not be local or ldap'),
  issuer,
  audiences: words,
  algorithms: z
    .array(z.enum(ALGORITHMS))
    .min(1, 'must name at least one')
    .prefault([...DEFAULT_ALGORITHMS]),
  types: words.prefault([...DEFAULT_TYPES]),
  jwksUri: fetchable.optional(),
  leewaySeconds: z.int().min(0).max(300).prefault(30),
  claims: z
    .strictObject({
      username: claimPath.prefault('preferred_username'),
      email: claimPath.prefault('email'),
      displayName: claimPath.prefault('name'),
      groups: claimPath.prefault('groups'),
    })
    .prefault({}),
  administratorGroup: z.string().min(1).max(128).optional(),
  ca: pem.optional(),
})

/** Somebody else's service that says who people are, by tokens that it signs. */
export type IssuerConfig = Readonly<z.output<typeof issuerSchema>>

type Reading =
  | { readonly issuers: readonly IssuerConfig[] }
  | { readonly faults: readonly string[] }

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `issuer 2 (corp)`: by its place, and by its name where that can be read. */
function describePlace(entries: readonly unknown[], index: number): string {
  const name = (entries[index] as { readonly name?: unknown } | null)?.name
  return typeof name === 'string' ? `issuer ${index + 1} (${name})` : `issuer ${index + 1}`
}

function describeIssue(entries: readonly unknown[], { path, message }: z.core.$ZodIssue): string {
  const [index, ...field] = path
  if (typeof index !== 'number') return message
  return [describePlace(entries, index), field.join('.'), message].filter(Boolean).join(', ')
}

/** Two of a name could not be told apart, and two of an issuer would hold one person twice. */
function describeDoubles(issuers: readonly IssuerConfig[]): readonly string[] {
  return issuers.flatMap((one, index) =>
    (['name', 'issuer'] as const)
      .filter((field) => issuers.slice(0, index).some((other) => other[field] === one[field]))
      .map((field) => `${describePlace(issuers, index)}, ${field}: is there already`),
  )
}

/** Reads the JSON array of issuers. @returns all that is wrong with it, a line each, or the issuers */
export function readIssuers(text: string): Reading {
  const entries = parseJson(text)
  if (!Array.isArray(entries)) return { faults: ['must be a JSON array of issuers'] }
  const schema = z.array(issuerSchema).max(MOST_ISSUERS)
  const parsed = schema.safeParse(entries, { error: issueText })
  if (!parsed.success) {
    return { faults: parsed.error.issues.map((issue) => describeIssue(entries, issue)) }
  }
  const doubles = describeDoubles(parsed.data)
  return doubles.length > 0 ? { faults: doubles } : { issuers: parsed.data }
}
