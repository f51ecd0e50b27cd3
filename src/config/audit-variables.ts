import { z } from 'zod'

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** Records are no business of the network between, so plain http is for this machine alone. */
function isForwardUrl(text: string): boolean {
  if (!URL.canParse(text) || /[#]|\/\/[^/]*@/.test(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))
}

const forward = z
  .string()
  .refine(
    (text) => text === 'off' || text === 'stdout' || isForwardUrl(text),
    'must be off, stdout, or an https URL without user and fragment (http for this machine alone)',
  )

/** Variables of the audit record. */
export const AUDIT_VARIABLES = {
  WARDEN_AUDIT_FORWARD: forward
    .prefault('off')
    .describe(
      'Where rows of the audit record are sent as JSON lines: off, stdout, or an https URL',
    ),
  WARDEN_AUDIT_FORWARD_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must be plain letters, digits and signs')
    .optional()
    .describe('Bearer token that is sent to the URL of WARDEN_AUDIT_FORWARD'),
} as const

export type ForwardTarget =
  | { readonly kind: 'off' }
  | { readonly kind: 'stdout' }
  | { readonly kind: 'url'; readonly url: string; readonly token: string | undefined }

export interface AuditConfig {
  readonly forward: ForwardTarget
}

const schema = z.object(AUDIT_VARIABLES)

export function toAuditConfig(v: z.output<typeof schema>): AuditConfig {
  const target = v.WARDEN_AUDIT_FORWARD
  const token = v.WARDEN_AUDIT_FORWARD_TOKEN
  const forwardTo: ForwardTarget =
    target === 'off' || target === 'stdout' ? { kind: target } : { kind: 'url', url: target, token }
  return { forward: forwardTo }
}
