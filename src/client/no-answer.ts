import { ApiError, NO_ANSWER } from './api-error.ts'

const CERTIFICATE_CODES = /^(?:.*SELF_SIGNED.*|UNABLE_TO_(?:GET|VERIFY).*|CERT_.*)$/

const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: check the address, and that the service runs',
  ENOTFOUND: 'there is no such host: check the address',
  EAI_AGAIN: 'the name of the host cannot be looked up: check the network',
  ECONNRESET: 'the connection was cut: check http against https, and the port',
  UND_ERR_SOCKET: 'the connection was cut: check http against https, and the port',
  UND_ERR_CONNECT_TIMEOUT: 'the connection took too long: check the address and the network',
  UND_ERR_HEADERS_TIMEOUT: 'the answer took too long: try again in a moment',
  UND_ERR_BODY_TIMEOUT: 'the answer took too long: try again in a moment',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak https there: try http, or another port',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak https there: try http, or another port',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name: check the address',
}

/** Below what `fetch` says stands what happened; a host with several addresses fails once for each. */
function rootOf(error: unknown): unknown {
  if (error instanceof AggregateError) return rootOf(error.errors[0])
  return error instanceof TypeError && error.cause !== undefined ? rootOf(error.cause) : error
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : ''

/** Makes an error of a failure to get an answer, with what may be wrong. */
export function noAnswer(url: string, cause: unknown): ApiError {
  const root = rootOf(cause)
  const code = codeOf(root)
  const reason = root instanceof Error ? root.message : String(root)
  const hint = CERTIFICATE_CODES.test(code)
    ? `its certificate is not trusted (${code}): name the file of its authority in NODE_EXTRA_CA_CERTS`
    : (HINTS[code] ?? reason)
  return new ApiError({ message: `no answer from ${url}; ${hint}`, code: NO_ANSWER, cause })
}
