import { truncateSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Service } from './service.ts'

/** Leaves a tag as the stock registry does when it is killed while it writes it: on an empty file. */
export function tearTag(
  { config }: Pick<Service, 'config'>,
  { repository, tag }: { readonly repository: string; readonly tag: string },
): void {
  const storage = join(dirname(config.certs.dir), 'registry/data/docker/registry/v2/repositories')
  truncateSync(join(storage, repository, '_manifests/tags', tag, 'current/link'))
}
