import type { CollectConfig } from '../../config/collect-variables.ts'
import type { Collector } from './collector.ts'
import { createCommandCollector } from './command-collector.ts'

/** The way to a collector that is configured; undefined: there is none. */
export const chooseCollector = ({ command }: CollectConfig): Collector | undefined =>
  command && createCommandCollector(command)
