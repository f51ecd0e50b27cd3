import type { RoomsConfig } from './room-variables.ts'
import type { PinnedSettings } from './setting-variables.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface DatabaseConfig {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly name: string
  readonly tls: 'off' | 'require' | 'verify'
  readonly ca: string | undefined
  readonly poolMax: number
  readonly waitSeconds: number
  readonly graceSeconds: number
}

/** Where the files of the token authority stand; all paths absolute. */
export interface CertsConfig {
  readonly dir: string
  readonly authorityPath: string
  readonly bundlePath: string
  /** Beside the authority, which is kept from others in the same way. */
  readonly auditKeyPath: string
}

export interface Config extends RoomsConfig {
  /** No slash at its end. */
  readonly publicUrl: string
  readonly listen: Address
  readonly privateListen: Address
  readonly registry: { readonly url: string; readonly timeoutSeconds: number }
  readonly token: {
    readonly service: string
    readonly issuer: string
    readonly pullSeconds: number
    readonly pushSeconds: number
    readonly leafSeconds: number
    /** Undefined: identity tokens are switched off. */
    readonly identityTokenSeconds: number | undefined
  }
  readonly certs: CertsConfig
  readonly database: DatabaseConfig
  /** The most of each that is kept in memory. */
  readonly cache: { readonly answers: number; readonly rows: number; readonly proofs: number }
  readonly administrator: {
    readonly username: string
    readonly password: string | undefined
    readonly passwordPath: string
  }
  readonly trustedProxies: readonly string[]
  readonly hashing: { readonly concurrency: number; readonly queueLimit: number }
  readonly api: { readonly ratePerMinute: number }
  /** Wrong passwords for one account from one network that nobody has to wait after. */
  readonly signIn: { readonly freeFailures: number }
  readonly settings: PinnedSettings
  readonly shutdownSeconds: number
  readonly logLevel: string
}
