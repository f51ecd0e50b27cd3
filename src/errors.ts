/**
 * Every error that a caller may see: our code, its HTTP status, its title, and the code of the OCI
 * distribution specification that stands for it where a registry client reads the answer.
 */
export const ERRORS = {
  REQUEST_INVALID: { status: 400, title: 'the request is not valid', oci: 'UNSUPPORTED' },
  SCOPE_INVALID: {
    status: 400,
    title: 'the scope does not follow the grammar',
    oci: 'NAME_INVALID',
  },
  SERVICE_UNKNOWN: { status: 400, title: 'the service is not served here', oci: 'UNSUPPORTED' },
  NAME_INVALID: { status: 400, title: 'the repository name is not valid', oci: 'NAME_INVALID' },
  PASSWORD_REFUSED: { status: 400, title: 'the password is not accepted', oci: 'UNSUPPORTED' },
  RESET_LINK_INVALID: { status: 400, title: 'the link does not work', oci: 'UNSUPPORTED' },
  UNAUTHORIZED: { status: 401, title: 'authentication required', oci: 'UNAUTHORIZED' },
  DENIED: { status: 403, title: 'the action is not allowed', oci: 'DENIED' },
  ROUTE_UNKNOWN: { status: 404, title: 'there is no such route', oci: 'UNSUPPORTED' },
  USER_UNKNOWN: { status: 404, title: 'there is no such user', oci: 'NAME_UNKNOWN' },
  ACCESS_TOKEN_UNKNOWN: {
    status: 404,
    title: 'there is no such access token',
    oci: 'NAME_UNKNOWN',
  },
  IDENTITY_TOKEN_UNKNOWN: {
    status: 404,
    title: 'there is no such identity token',
    oci: 'NAME_UNKNOWN',
  },
  ROBOT_UNKNOWN: { status: 404, title: 'there is no such robot', oci: 'NAME_UNKNOWN' },
  GROUP_UNKNOWN: { status: 404, title: 'there is no such group', oci: 'NAME_UNKNOWN' },
  PROJECT_UNKNOWN: { status: 404, title: 'there is no such project', oci: 'NAME_UNKNOWN' },
  MEMBER_UNKNOWN: { status: 404, title: 'there is no such member', oci: 'NAME_UNKNOWN' },
  REPOSITORY_UNKNOWN: { status: 404, title: 'there is no such repository', oci: 'NAME_UNKNOWN' },
  TAG_UNKNOWN: { status: 404, title: 'there is no such tag', oci: 'MANIFEST_UNKNOWN' },
  MANIFEST_UNKNOWN: { status: 404, title: 'there is no such manifest', oci: 'MANIFEST_UNKNOWN' },
  REMOVAL_UNKNOWN: { status: 404, title: 'there is no such removal', oci: 'NAME_UNKNOWN' },
  JOB_UNKNOWN: { status: 404, title: 'there is no such job', oci: 'NAME_UNKNOWN' },
  COLLECTION_UNKNOWN: {
    status: 404,
    title: 'there is no such collection of garbage',
    oci: 'NAME_UNKNOWN',
  },
  RETENTION_RUN_UNKNOWN: {
    status: 404,
    title: 'there is no such run of retention',
    oci: 'NAME_UNKNOWN',
  },
  METHOD_NOT_ALLOWED: { status: 405, title: 'the method is not allowed here', oci: 'UNSUPPORTED' },
  NAME_TAKEN: { status: 409, title: 'the name is taken', oci: 'DENIED' },
  CONFLICT: { status: 409, title: 'the state does not allow it now', oci: 'DENIED' },
  PRECONDITION_FAILED: { status: 412, title: 'it is not what it was', oci: 'DENIED' },
  BODY_TOO_LARGE: { status: 413, title: 'the body is too large', oci: 'SIZE_INVALID' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, title: 'the body is not JSON', oci: 'UNSUPPORTED' },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: 'the key belongs to another request',
    oci: 'UNSUPPORTED',
  },
  RATE_LIMITED: { status: 429, title: 'too many requests', oci: 'TOOMANYREQUESTS' },
  SIGN_IN_THROTTLED: {
    status: 429,
    title: 'too many wrong passwords',
    oci: 'TOOMANYREQUESTS',
  },
  INTERNAL: { status: 500, title: 'the service failed', oci: 'UNKNOWN' },
  REGISTRY_FAILED: { status: 502, title: 'the registry did not do as asked', oci: 'UNAVAILABLE' },
  UNAVAILABLE: { status: 503, title: 'a part that this needs does not answer', oci: 'UNAVAILABLE' },
  BUSY: { status: 503, title: 'too much at once', oci: 'TOOMANYREQUESTS' },
} as const

export type ErrorCode = keyof typeof ERRORS

/** One fault of a request: where it stands (a JSON pointer or a parameter's name) and what is wrong. */
export interface Fault {
  readonly pointer: string
  readonly detail: string
}

export interface AppErrorOptions {
  /** A sentence for the person who reads it: what happened, which value, what to do. */
  readonly detail?: string
  readonly faults?: readonly Fault[]
  /** Sent as `Retry-After`. */
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

/** The only error that crosses rooms on purpose; anything else that is thrown is a bug and answers 500. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly faults: readonly Fault[]
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.detail ?? ERRORS[code].title, { cause: options.cause })
    this.code = code
    this.faults = options.faults ?? []
    this.retryAfterSeconds = options.retryAfterSeconds
  }

  get status(): number {
    return ERRORS[this.code].status
  }
}
