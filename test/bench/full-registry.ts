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
  const dir = dirOf(world)
  const images = Array.from({ length: repositories }, (_, n) => {
    const repository = `team-${n % 50}/app-${n}`
    return { repository, digest: writeRepository(dir, { repository, tags: TAGS }) }
  })
  return { images, registry: await serve(world) }
}

/** Starts a registry whose every tag is on an image of its own. */
export function startVariedRegistry(
  world: ServiceWorld,
  { repositories, tags }: { readonly repositories: number; readonly tags: number },
): Promise<Registry> {
  for (let n = 0; n < repositories * tags; n++) {
    const repository = `team-${n % 50}/app-${n % repositories}`
    writeRepository(dirOf(world), { repository, tags: [`v${n}`], layer: `layer ${n}` })
  }
  return serve(world)
}

const dirOf = ({ dir }: ServiceWorld): string => join(dir, 'registry')

function serve(world: ServiceWorld): Promise<Registry> {
  return startRegistry({
    env: process.env,
    dir: dirOf(world),
    logPath: join(world.dir, 'registry.log'),
    preferredPort: world.registryPort,
    realm: `${world.wardenUrl}/auth/token`,
    bundlePath: join(world.certsDir, 'bundle', 'ca.crt'),
    httpSecret: 'bench',
  })
}
