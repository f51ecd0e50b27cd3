import { join } from 'node:path'
import { type Registry, startRegistry } from '../../src/stack/registry.ts'
import { writeRepository } from '../support/reconcile-world.ts'
import type { ServiceWorld } from './service-world.ts'

/** Tags of every repository; all are on one image. */
export const TAGS = ['1', '2', '3', '4', '5'] as const

export interface Image {
  readonly repository: string
  readonly digest: string
}

/** Starts a registry on so many repositories, where the service looks for one. */
export async function startFullRegistry(
  world: ServiceWorld,
  repositories: number,
): Promise<{ readonly images: readonly Image[]; readonly registry: Registry }> {
  const dir = join(world.dir, 'registry')
  const images = Array.from({ length: repositories }, (_, n) => {
    const repository = `team-${n % 50}/app-${n}`
    return { repository, digest: writeRepository(dir, { repository, tags: TAGS }) }
  })
  const registry = await startRegistry({
    env: process.env,
    dir,
    logPath: join(world.dir, 'registry.log'),
    preferredPort: world.registryPort,
    realm: `${world.wardenUrl}/auth/token`,
    bundlePath: join(world.certsDir, 'bundle', 'ca.crt'),
    httpSecret: 'bench',
  })
  return { images, registry }
}
