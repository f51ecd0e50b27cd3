import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findCollectingFence } from '../../src/holds/collecting-queries.ts'
import { type DoorWorld, startDoorWorld } from './door-world.ts'
import { putBlob } from './image.ts'
import { registryDirOf } from './reconcile-world.ts'
import { noteReconcile } from './retention-world.ts'
import { ADMIN, type Reply, type ServiceOptions } from './service.ts'
import { makeTemporaryDir, removeDir } from './temporary-dir.ts'
import { waitFor } from './wait-for.ts'

export const GC = '/api/v1/maintenance/gc'

/** A door with a real registry behind it, whose garbage a real collector collects. */
export interface CollectWorld extends DoorWorld {
  readonly lock: string
  /** Folder of the registry, with its storage. */
  readonly registryDir: string
  /** What the collector reads. */
  readonly configPath: string
  /** Of a `waiting` collector: it begins its work when this is called. */
  readonly letGo: () => void
  readonly isWaiting: () => boolean
  readonly start: (dryRun?: boolean) => Promise<Reply>
  /** Waits for the end of a run. @returns its report */
  readonly waitForEnd: (id: number) => Promise<Report>
  readonly collect: (dryRun?: boolean) => Promise<Report>
  /** Uploads a blob that no manifest needs, and waits until the index has it. */
  readonly leaveBlob: (repository: string, text: string) => Promise<string>
}

// biome-ignore lint/suspicious/noExplicitAny: a report is whatever the service sent; tests look into it.
export type Report = any

export interface CollectWorldOptions extends ServiceOptions {
  readonly doorMode?: 'required' | 'off'
  /** Lets the collector wait, with the lock in hand, until it is let go. */
  readonly isSlow?: boolean
  /** What is run instead of the registry's own collector; it is given a folder. */
  readonly makeScript?: (dir: string) => string
}

/** Waits in the middle of its time, as a collector of a large registry would. */
const slowScript = (dir: string): string => `#!/bin/sh
touch ${dir}/waiting
while [ ! -e ${dir}/go ]; do sleep 0.05; done
exec docker-registry "$@"
`

const registryConfig = (dataDir: string): string => `version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: ${dataDir}}, delete: {enabled: true}}
http: {addr: '127.0.0.1:1'}
`

export function writeScript(path: string, text: string): string {
  writeFileSync(path, text)
  chmodSync(path, 0o700)
  return path
}

type Calls = Pick<CollectWorld, 'start' | 'waitForEnd' | 'collect' | 'leaveBlob'>

function createCalls({ service, tokenFor, places }: DoorWorld): Calls {
  const start = (dryRun = false): Promise<Reply> => service.admin('POST', GC, { dryRun })
  const waitForEnd = async (id: number): Promise<Report> => {
    const look = async () => {
      const { body } = await service.admin('GET', `${GC}/runs/${id}`)
      return ['done', 'failed', 'cancelled'].includes(body.state) ? body : undefined
    }
    return (await waitFor(look, { mostMs: 60_000, what: 'the end of the collection' })).found
  }
  return {
    start,
    waitForEnd,
    collect: async (dryRun) => {
      const { status, body } = await start(dryRun)
      if (status !== 202) throw new Error(`${status} ${JSON.stringify(body)}`)
      return waitForEnd(body.id)
    },
    leaveBlob: async (repository, text) => {
      const token = await tokenFor(ADMIN, `repository:${repository}:pull,push`)
      const { digest } = await putBlob(places, repository, token, Buffer.from(text))
      const isKnown = () => service.database('blobs').where({ digest }).first('id')
      await waitFor(isKnown, { what: 'the blob in the index' })
      return digest
    },
  }
}

export async function startCollectWorld(options: CollectWorldOptions = {}): Promise<CollectWorld> {
  const { env, doorMode, isSlow = false, makeScript, ...more } = options
  const dir = makeTemporaryDir()
  const lock = join(dir, 'collector.lock')
  const configPath = join(dir, 'registry.yml')
  const own = (makeScript ?? (isSlow ? slowScript : undefined))?.(dir)
  const program = own === undefined ? 'docker-registry' : writeScript(join(dir, 'collector'), own)
  const command = JSON.stringify([program, 'garbage-collect', configPath])
  const world = await startDoorWorld(
    { WARDEN_GC_COMMAND: command, WARDEN_GC_LOCK: lock, ...env },
    doorMode,
    { notifies: true, ...more },
  )
  const registryDir = registryDirOf(world.service)
  writeFileSync(configPath, registryConfig(join(registryDir, 'data')))
  await noteReconcile(world.service)
  return {
    ...world,
    ...createCalls(world),
    lock,
    registryDir,
    configPath,
    letGo: () => writeFileSync(join(dir, 'go'), ''),
    isWaiting: () => existsSync(join(dir, 'waiting')),
    stop: async () => {
      await world.stop()
      removeDir(dir)
    },
  }
}

/** Lets the deadline of the fence have been some seconds ago. */
export async function setOverdue({ service }: CollectWorld, seconds: number): Promise<void> {
  const { database } = service
  const fence = await findCollectingFence(database)
  await database('holds')
    .where({ id: fence?.hold.epoch ?? 0 })
    .update({ deadline_at: database.raw('UTC_TIMESTAMP(3) - INTERVAL ? SECOND', [seconds]) })
}
