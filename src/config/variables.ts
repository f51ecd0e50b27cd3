import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { integer } from './integer.ts'
import { ROOM_VARIABLES } from './room-variables.ts'
import { SETTING_VARIABLES } from './setting-variables.ts'

const httpUrl = z
  .string()
  .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text), 'must be an http or https URL')
  .refine((text) => !/[?#]|\/\/[^/]*@/.test(text), 'must have no user, query or fragment')
  .transform((text) => text.replace(/\/+$/, ''))

const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:]+):\d{1,5}$/, 'must be host:port, such as 127.0.0.1:5080')
  .transform((text) => {
    const colon = text.lastIndexOf(':')
    return {
      host: text.slice(0, colon).replace(/^\[|\]$/g, ''),
      port: Number(text.slice(colon + 1)),
    }
  })
  .refine(({ port }) => port <= 65_535, 'the port must be at most 65535')

/** An address, or a network such as `10.0.0.0/8`. */
export const isNetwork = (text: string): boolean => {
  const [ip = '', prefix, ...rest] = text.split('/')
  const family = isIP(ip)
  // A zone belongs to one machine, and means nothing in a list of networks.
  if (family === 0 || ip.includes('%') || rest.length > 0) return false
  return (
    prefix === undefined ||
    (/^(?:0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
  )
}

const networks = z
  .string()
  .transform((text) => text.split(',').flatMap((part) => part.trim() || []))
  .pipe(z.array(z.string().refine(isNetwork, 'must be addresses or networks, such as 10.0.0.0/8')))

const word = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, . _ or -')

/**
 * Every variable of the environment: how its text is read, what it means, and its default.
 * A variable without a default is needed by `warden serve`.
 */
export const VARIABLES = {
  WARDEN_PUBLIC_URL: httpUrl.describe(
    'Address under which clients reach the registry and this service; the realm is this plus /auth/token',
  ),
  WARDEN_LISTEN: address
    .prefault('127.0.0.1:5080')
    .describe('Public listener: tokens, API and health; nginx stands in front of it'),
  WARDEN_PRIVATE_LISTEN: address
    .prefault('127.0.0.1:5081')
    .describe('Private listener for the registry, nginx and monitoring; never open it to clients'),
  WARDEN_REGISTRY_URL: httpUrl.describe('Address under which this service reaches the registry'),
  WARDEN_REGISTRY_TIMEOUT_SECONDS: integer(1, 600)
    .prefault('30')
    .describe('Longest wait for one answer of the registry, in seconds'),
  WARDEN_SERVICE: word
    .prefault('registry-warden')
    .describe(
      "Audience of the tokens; equal to auth.token.service in the registry's configuration",
    ),
  WARDEN_ISSUER: word
    .prefault('registry-warden')
    .describe("Issuer of the tokens; equal to auth.token.issuer in the registry's configuration"),
  WARDEN_TOKEN_PULL_SECONDS: integer(60, 86_400)
    .prefault('300')
    .describe('Life of a token that may only pull, in seconds'),
  WARDEN_TOKEN_PUSH_SECONDS: integer(60, 86_400)
    .prefault('900')
    .describe('Life of a token that may do more than pull, in seconds'),
  WARDEN_IDENTITY_TOKENS: z
    .enum(['off', 'on'])
    .prefault('off')
    .describe(
      'Whether docker login gets an identity token to keep in place of the password; such a login makes no pull secret for Kubernetes',
    ),
  WARDEN_IDENTITY_TOKEN_SECONDS: integer(3600, 31_536_000)
    .prefault('2592000')
    .describe('Life of an identity token, in seconds'),
  WARDEN_LEAF_SECONDS: integer(180, 7_776_000)
    .prefault('604800')
    .describe('Life of the signing leaf, in seconds; it is renewed after two thirds of it'),
  WARDEN_CERTS_DIR: z
    .string()
    .min(1)
    .prefault('certs')
    .describe(
      'Folder of the token authority (token-ca/) and of the bundle for the registry (bundle/)',
    ),
  WARDEN_DB_HOST: z.string().min(1).prefault('127.0.0.1').describe('Host of the MySQL server'),
  WARDEN_DB_PORT: integer(1, 65_535).prefault('3306').describe('Port of the MySQL server'),
  WARDEN_DB_USER: z.string().min(1).prefault('warden').describe('User name at the MySQL server'),
  WARDEN_DB_PASSWORD: z.string().describe('Password at the MySQL server'),
  WARDEN_DB_NAME: z.string().min(1).prefault('warden').describe('Name of the database'),
  WARDEN_DB_TLS: z
    .enum(['off', 'require', 'verify'])
    .prefault('off')
    .describe('Encryption towards MySQL: off, require (any certificate) or verify'),
  WARDEN_DB_CA: z
    .string()
    .includes('-----BEGIN CERTIFICATE-----', { message: 'must be a PEM certificate' })
    .optional()
    .describe('Certificate authority for WARDEN_DB_TLS=verify, as PEM; the system ones by default'),
  WARDEN_DB_POOL_MAX: integer(2, 1000).prefault('10').describe('Most connections to MySQL at once'),
  WARDEN_DB_WAIT_SECONDS: integer(0, 3600)
    .prefault('120')
    .describe('Longest wait for MySQL at start, in seconds'),
  WARDEN_DB_GRACE_SECONDS: integer(0, 86_400)
    .prefault('300')
    .describe('How long known subjects keep getting tokens while MySQL is away, in seconds'),
  WARDEN_CACHE_ANSWERS: integer(100, 1_000_000)
    .prefault('20000')
    .describe('Whole answers of the realm that are kept, some 2 KB each'),
  WARDEN_CACHE_ROWS: integer(100, 10_000_000)
    .prefault('100000')
    .describe('Accounts, and rights of a user in a project, that are kept, some 500 bytes each'),
  WARDEN_CACHE_PROOFS: integer(100, 10_000_000)
    .prefault('100000')
    .describe('Facts of which secret proves which hash that are kept, some 200 bytes each'),
  WARDEN_ADMIN_USER: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._@+-]{0,63}$/, 'must be a lower-case user name')
    .prefault('admin')
    .describe('Name of the administrator made at the very first start'),
  WARDEN_ADMIN_PASSWORD: z
    .string()
    .optional()
    .describe(
      'First password of that administrator; made at random by default; later changes nothing',
    ),
  WARDEN_FIRST_PASSWORD_PATH: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File (0600) for the random first password where there is no terminal; by default first-admin-password in the folder of the token authority',
    ),
  WARDEN_TRUSTED_PROXIES: networks
    .prefault('127.0.0.0/8,::1/128')
    .describe('Networks whose X-Forwarded-For is believed, separated by commas'),
  WARDEN_HASH_CONCURRENCY: integer(1, 64)
    .prefault(String(availableParallelism()))
    .describe('Password hashes computed at once; the default is the number of cores'),
  WARDEN_HASH_QUEUE: integer(1, 10_000)
    .prefault('64')
    .describe(
      'Sign-ins that may wait for their hash, half of them strangers; above that the answer is 503 with Retry-After',
    ),
  WARDEN_API_RATE: integer(0, 1_000_000)
    .prefault('6000')
    .describe('Requests of one caller to the API within a minute, per process; 0 is without limit'),
  WARDEN_SIGN_IN_FAILURES: integer(1, 1_000_000)
    .prefault('5')
    .describe(
      'Wrong passwords for one account from one network before each next one has to wait; ten times as many for all accounts together',
    ),
  ...ROOM_VARIABLES,
  WARDEN_SHUTDOWN_SECONDS: integer(1, 600)
    .prefault('30')
    .describe('Longest wait for requests in flight when the process is told to stop, in seconds'),
  WARDEN_LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent'])
    .prefault('info')
    .describe('Least severe log line that is written'),
  ...SETTING_VARIABLES,
} as const

/** Variables of the command line as a client of the API; `warden serve` does not read them. */
export const CLIENT_VARIABLES = {
  WARDEN_URL: httpUrl
    .optional()
    .describe('Address of the service for the commands that use its API'),
  WARDEN_USERNAME: z.string().optional().describe('User name for the commands that use the API'),
  WARDEN_PASSWORD: z.string().optional().describe('Password for the commands that use the API'),
  WARDEN_TOKEN: z
    .string()
    .optional()
    .describe('Access token for the commands that use the API, in place of name and password'),
  WARDEN_BACKUP_PASSPHRASE: z
    .string()
    .optional()
    .describe('Passphrase of `warden backup` and `warden restore`, at least 12 characters'),
} as const
