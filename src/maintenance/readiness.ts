import type { Database } from '../database/open-database.ts'
import { pingDatabase } from '../database/wait-for-database.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Signer } from '../signing/signer.ts'

export interface ReadinessDeps {
  readonly database: Database
  readonly registry: RegistryClient
  readonly signer: Signer
  readonly now: () => Date
}

/** One part that this service needs: whether it is well, and if not, why. */
export interface Part {
  readonly name: 'database' | 'signing' | 'registry'
  readonly ok: boolean
  readonly reason?: string
}

export interface Readiness {
  /** `degraded`: tokens are issued, something else is amiss. */
  readonly status: 'ready' | 'degraded' | 'unavailable'
  readonly parts: readonly Part[]
}

async function probe(name: Part['name'], work: () => Promise<void>): Promise<Part> {
  try {
    await work()
    return { name, ok: true }
  } catch (error) {
    return { name, ok: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

async function checkLeaf({ signer, now }: ReadinessDeps): Promise<void> {
  if (signer.leaf().notAfter <= now()) throw new Error('the signing leaf has ended')
}

/** Asks every part that requests need, at once. Without the registry tokens are still issued. */
export async function readReadiness(deps: ReadinessDeps): Promise<Readiness> {
  const parts = await Promise.all([
    probe('database', () => pingDatabase(deps.database)),
    probe('signing', () => checkLeaf(deps)),
    probe('registry', deps.registry.ping),
  ])
  const failed = parts.filter(({ ok }) => !ok)
  if (failed.length === 0) return { status: 'ready', parts }
  const isUsable = failed.every(({ name }) => name === 'registry')
  return { status: isUsable ? 'degraded' : 'unavailable', parts }
}
