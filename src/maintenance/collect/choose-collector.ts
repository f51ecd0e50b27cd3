import type { CollectConfig } from '../../config/collect-variables.ts'
import type { Database } from '../../database/open-database.ts'
import type { Collector } from './collector.ts'
import { createCommandCollector } from './command-collector.ts'
import { createServiceCollector } from './service/create-service-collector.ts'

/** The way to a collector that is configured; undefined: there is none. */
export function chooseCollector(
  database: Database,
  { command, serviceSecret }: Pick<CollectConfig, 'command' | 'serviceSecret'>,
): Collector | undefined {
  if (serviceSecret !== undefined) return createServiceCollector({ database })
  return command && createCommandCollector(command)
}
