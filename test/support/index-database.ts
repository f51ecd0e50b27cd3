import { type Database, openDatabase } from '../../src/database/open-database.ts'
import type { RefreshDeps } from '../../src/images/refresh-outcome.ts'
import { OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import type { RegistryClient } from '../../src/registry/client.ts'
import { createTestDatabase } from './database.ts'

const quiet = { warn: () => undefined, error: () => undefined }

/** A migrated database without a service. */
export async function openIndexDatabase(): Promise<{
  readonly database: Database
  /** The same for another process, over one connection. */
  readonly openOther: () => Database
  readonly stop: () => Promise<void>
}> {
  const { config, drop } = await createTestDatabase()
  const database = openDatabase(config, quiet)
  const others: Database[] = []
  const openOther = (): Database => {
    const other = openDatabase({ ...config, poolMax: 1 }, quiet)
    others.push(other)
    return other
  }
  const stop = async (): Promise<void> => {
    for (const one of [database, ...others]) await one.destroy()
    await drop()
  }
  return { database, openOther, stop }
}

export const digestOf = (n: number): string => `sha256:${String(n).padStart(64, '0')}`

/** What a registry of a test has: digests by `repository:tag`, and what it does when asked. */
export interface ScriptedRegistry {
  readonly tags: Map<string, string>
  /** Called before a tag is looked up; what it throws is the answer. */
  onLookUp: (repository: string, reference: string) => Promise<void> | void
}

/** Deps on a registry whose tags are all on empty artifacts. */
export function scriptRegistry(database: Database): RefreshDeps & { script: ScriptedRegistry } {
  const script: ScriptedRegistry = { tags: new Map(), onLookUp: () => undefined }
  const registry = {
    lookUpManifest: async (asked: { repository: string; reference: string }) => {
      const digest = script.tags.get(`${asked.repository}:${asked.reference}`)
      await script.onLookUp(asked.repository, asked.reference)
      if (digest === undefined) return 'unknown'
      return { digest, mediaType: OCI_MANIFEST }
    },
    readManifest: async ({ reference }: { reference: string }) => ({
      digest: reference,
      mediaType: OCI_MANIFEST,
      content: Buffer.from('{"layers":[]}'),
    }),
    listTags: async (repository: string) =>
      [...script.tags.keys()].flatMap((key) =>
        key.startsWith(`${repository}:`) ? [key.slice(repository.length + 1)] : [],
      ),
  } as unknown as RegistryClient
  return { database, registry, findPassing: async () => new Set(), script }
}
