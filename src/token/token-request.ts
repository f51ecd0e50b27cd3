/** More would make a token larger than proxies take in one header. */
export const MOST_SCOPES = 25

/** Names under which people put secrets into a query; they end in logs, so they are refused (R19). */
export const SECRET_PARAMETERS = [
  'password',
  'secret',
  'token',
  'access_token',
  'refresh_token',
] as const
