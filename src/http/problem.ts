import { z } from 'zod'
import { type AppError, ERRORS } from '../errors.ts'

const ociErrorSchema = z
  .object({ code: z.string(), message: z.string(), detail: z.unknown() })
  .readonly()

/** One entry of the OCI error list. */
export type OciError = z.output<typeof ociErrorSchema>

/** RFC 9457 members plus the OCI list, so that every reader understands it. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    requestId: z.string(),
    errors: z.array(ociErrorSchema).readonly(),
  })
  .readonly()
  .meta({ id: 'Problem' })

export type Problem = z.output<typeof problemSchema>

/** What registry clients read, with the members of an OAuth2 error. */
export const registryErrorSchema = z
  .object({
    errors: z.array(ociErrorSchema).readonly(),
    error: z.string(),
    error_description: z.string(),
  })
  .readonly()
  .meta({ id: 'RegistryError' })

const slug = (code: string): string => code.toLowerCase().replaceAll('_', '-')

const faultList = (error: AppError): readonly OciError[] =>
  error.faults.map(({ pointer, detail }) => ({
    code: error.code,
    message: `${pointer}: ${detail}`,
    detail: { pointer },
  }))

export function presentProblem(
  error: AppError,
  { path, requestId }: { readonly path: string; readonly requestId: string },
): Problem {
  const faults = faultList(error)
  return {
    type: `urn:registry-warden:problem:${slug(error.code)}`,
    title: ERRORS[error.code].title,
    status: error.status,
    detail: error.message,
    instance: path,
    requestId,
    errors:
      faults.length > 0 ? faults : [{ code: error.code, message: error.message, detail: null }],
  }
}

const OAUTH: Readonly<Record<number, string>> = {
  401: 'invalid_grant',
  403: 'access_denied',
  429: 'temporarily_unavailable',
  503: 'temporarily_unavailable',
}

function oauthError({ code, status }: AppError): string {
  if (code === 'SCOPE_INVALID') return 'invalid_scope'
  return OAUTH[status] ?? (status < 500 ? 'invalid_request' : 'server_error')
}

/**
 * What registry clients read: codes of the OCI specification alone, since docker prints `unknown:`
 * before any other, and the members of an OAuth2 error.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
export function presentRegistryError(error: AppError): z.output<typeof registryErrorSchema> {
  return {
    errors: [{ code: ERRORS[error.code].oci, message: error.message, detail: null }],
    error: oauthError(error),
    error_description: error.message,
  }
}
