import type { Address, Config } from '../../config/read-config.ts'
import { openDatabase } from '../../database/open-database.ts'
import { type Check, type Diagnosis, examine } from './check.ts'
import { COLLECTOR_CHECKS } from './collector-check.ts'
import { DATABASE_CHECKS } from './database-checks.ts'
import { DOOR_CHECKS } from './door-check.ts'
import { EVENT_CHECKS } from './event-checks.ts'
import { createExamination, type Examination } from './examination.ts'
import { lookInside } from './inside.ts'
import { ISSUER_CHECKS } from './issuer-checks.ts'
import { KEY_CHECKS } from './key-checks.ts'
import { LDAP_CHECKS } from './ldap-check.ts'
import { MAIL_CHECKS } from './mail-check.ts'
import { OUTSIDE_CHECKS } from './outside-checks.ts'
import { PROXY_CHECKS } from './proxy-checks.ts'
import { REGISTRY_CHECKS } from './registry-checks.ts'
import { parseRegistryConfig } from './registry-config.ts'
import { RESTORE_CHECKS } from './restore-check.ts'
import { SERVICE_CHECKS } from './service-checks.ts'
import { createWire } from './wire.ts'

/** In the order in which they are told. */
export const CHECKS: readonly Check<Examination>[] = [
  ...OUTSIDE_CHECKS,
  ...PROXY_CHECKS,
  ...KEY_CHECKS,
  ...REGISTRY_CHECKS,
  ...DOOR_CHECKS,
  ...DATABASE_CHECKS,
  ...RESTORE_CHECKS,
  ...LDAP_CHECKS,
  ...SERVICE_CHECKS,
  ...ISSUER_CHECKS,
  ...MAIL_CHECKS,
  ...COLLECTOR_CHECKS,
  ...EVENT_CHECKS,
]

export interface DoctorInput {
  /** Address under which clients reach the deployment, without a slash at its end. */
  readonly url: string
  /** Where to connect instead of where the name in `url` leads. */
  readonly connect?: Address | undefined
  /** Authority of the TLS certificate, as PEM. */
  readonly ca?: string | undefined
  /** Text of the registry's configuration file. */
  readonly registryConfig?: string | undefined
  /** The service's own configuration; undefined where it is not here or not good. */
  readonly config?: Config | undefined
  readonly configurationFaults?: readonly string[]
  readonly now?: () => Date
}

const quiet = { warn: () => undefined, error: () => undefined }

/**
 * Looks a deployment over, from outside and, with the service's configuration, from inside. It
 * changes nothing: it reads, asks for tokens of nobody, deletes what is not there, and writes what
 * nobody takes.
 */
export async function runDoctor(input: DoctorInput): Promise<Diagnosis> {
  const { url, connect, config, registryConfig, now = () => new Date() } = input
  const detour = connect && { host: new URL(url).host, to: connect }
  const wire = createWire({ now, detour })
  const database = config && openDatabase({ ...config.database, poolMax: 2 }, quiet)
  try {
    const inside = config && database && (await lookInside({ config, database, now }))
    const examination = createExamination({
      url,
      ask: wire.ask,
      now,
      connect,
      ca: input.ca,
      registryConfig:
        registryConfig === undefined ? undefined : parseRegistryConfig(registryConfig),
      inside,
      configurationFaults: input.configurationFaults ?? [],
    })
    return await examine(CHECKS, examination)
  } finally {
    await Promise.all([wire.close(), database?.destroy()])
  }
}
