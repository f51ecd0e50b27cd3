import type { RegistryEvent } from '../../src/protocol/event.ts'
import { digestOf } from './index-database.ts'

/** When all of them are told, unless they say otherwise. */
export const AT = new Date('2026-11-27T10:00:00.000Z')

let last = 0

/** An event of a registry as it is read: a pull by alice, with an id of its own. */
export const registryEvent = (change: Partial<RegistryEvent>): RegistryEvent => ({
  id: `event-${++last}`,
  happenedAt: AT,
  action: 'pull',
  content: 'manifest',
  repository: 'acme/app',
  tag: undefined,
  digest: digestOf(1),
  sizeBytes: 100,
  method: 'GET',
  actor: 'alice',
  address: '10.0.0.7',
  source: 'r:5000',
  ...change,
})
