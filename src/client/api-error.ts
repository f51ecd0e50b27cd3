import { z } from 'zod'

/** Codes of our own, beside those that the service sends. */
export const NO_ANSWER = 'NO_ANSWER'
export const ANSWER_UNKNOWN = 'ANSWER_UNKNOWN'

interface ApiErrorInput {
  readonly message: string
  /** Of the service's table of codes, or one of ours. */
  readonly code: string
  /** HTTP status; undefined when there was no answer. */
  readonly status?: number | undefined
  /** How long to wait, where the service said so. */
  readonly retryAfterSeconds?: number | undefined
  readonly cause?: unknown
}

/** A call that was refused, failed, or got no answer; its message is for the person who reads it. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number | undefined
  readonly code: string
  readonly retryAfterSeconds: number | undefined

  constructor({ message, code, status, retryAfterSeconds, cause }: ApiErrorInput) {
    super(message, { cause })
    this.status = status
    this.code = code
    this.retryAfterSeconds = retryAfterSeconds
  }
}

const TYPE_PREFIX = 'urn:registry-warden:problem:'

const problemSchema = z.object({
  type: z.string().optional(),
  title: z.string(),
  detail: z.string().optional(),
  requestId: z.string().optional(),
  errors: z.array(z.object({ code: z.string() })).optional(),
})

/** The type says it exactly; a proxy in front may know the list of codes alone. */
function codeOf({ type, errors }: z.output<typeof problemSchema>): string {
  if (type?.startsWith(TYPE_PREFIX)) {
    return type.slice(TYPE_PREFIX.length).replaceAll('-', '_').toUpperCase()
  }
  return errors?.[0]?.code ?? ANSWER_UNKNOWN
}

interface Refusal {
  readonly status: number
  readonly url: string
  readonly headers: Headers
}

const retryAfterOf = ({ headers }: Refusal): number | undefined => {
  const text = headers.get('retry-after') ?? ''
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/**
 * Makes an error of an answer that is not a success.
 *
 * @param body the parsed JSON, or undefined when it was none
 */
export function readProblem(body: unknown, refusal: Refusal): ApiError {
  const { status, url } = refusal
  const retryAfterSeconds = retryAfterOf(refusal)
  const problem = problemSchema.safeParse(body).data
  if (problem === undefined) {
    const message = `${url} answers ${status} in a way that registry-warden does not; check the address`
    return new ApiError({ message, code: ANSWER_UNKNOWN, status, retryAfterSeconds })
  }
  const detail = problem.detail ?? problem.title
  // Who runs the service finds the reason in its log by this.
  const isFault = status >= 500 && problem.requestId !== undefined
  const message = isFault ? `${detail} (request id ${problem.requestId})` : detail
  return new ApiError({ message, code: codeOf(problem), status, retryAfterSeconds })
}
