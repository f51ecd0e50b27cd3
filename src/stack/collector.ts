import { join } from 'node:path'
import { requireCommand } from './commands.ts'
import { makePrivateDir, writePrivateFile } from './secrets.ts'

/** How the service runs the registry's own collector, as its variables say it. */
export interface CollectorPlace {
  /** A list in JSON. */
  readonly command: string
  readonly lockPath: string
}

/** All that a collector reads: where the storage is. It serves nobody, and has no cache of blobs. */
const configOf = (dataDir: string): string => `version: 0.1
log:
  level: warn
storage:
  filesystem:
    rootdirectory: ${JSON.stringify(dataDir)}
  delete:
    enabled: true
http:
  addr: 127.0.0.1:1
`

/**
 * Writes the configuration of a collector beside the storage of a registry.
 *
 * @param dir folder of the registry
 */
export function prepareCollector(env: NodeJS.ProcessEnv, dir: string): CollectorPlace {
  makePrivateDir(dir)
  const configPath = join(dir, 'collector.yml')
  writePrivateFile(configPath, configOf(join(dir, 'data')))
  const program = requireCommand('docker-registry', env)
  return {
    command: JSON.stringify([program, 'garbage-collect', configPath]),
    lockPath: join(dir, 'collector.lock'),
  }
}
