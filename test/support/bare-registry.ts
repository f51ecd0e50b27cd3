import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OCI_INDEX } from '../../src/protocol/media-types.ts'
import { plainEnvironment, requireCommand } from '../../src/stack/commands.ts'
import { type Part, startPart } from '../../src/stack/part.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { answers } from '../../src/stack/wait-until.ts'
import { makeTemporaryDir, removeDir } from './temporary-dir.ts'

export interface BareRegistry extends Part {
  readonly port: number
  readonly url: string
  readonly configPath: string
  /** Folder of its storage. */
  readonly dir: string
  /** Of its repositories, one below the other. */
  readonly repositoriesDir: string
  readonly remove: () => Promise<void>
}

/** The stock registry as it is, asking nobody for a token: what it does by itself. */
export async function startBareRegistry(): Promise<BareRegistry> {
  const dir = makeTemporaryDir()
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const configPath = join(dir, 'config.yml')
  writeFileSync(
    configPath,
    `version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: ${join(dir, 'data')}}, delete: {enabled: true}}
http: {addr: '127.0.0.1:${port}'}
`,
  )
  const part = await startPart({
    name: 'registry',
    command: requireCommand('docker-registry', process.env),
    args: ['serve', configPath],
    env: plainEnvironment(process.env),
    dir,
    logPath: join(dir, 'registry.log'),
    isReady: () => answers(`${url}/v2/`, [200]),
    readyTimeoutMs: 15_000,
  })
  const remove = async (): Promise<void> => {
    await part.stop()
    removeDir(dir)
  }
  const repositoriesDir = join(dir, 'data/docker/registry/v2/repositories')
  return { ...part, port, url, configPath, dir, repositoriesDir, remove }
}

/** A manifest that needs no blob, and that nothing else is: an index without entries. */
export const emptyManifest = (): { readonly mediaType: string; readonly content: Buffer } => ({
  mediaType: OCI_INDEX,
  content: Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [],
      annotations: { 'test.unique': randomUUID() },
    }),
  ),
})
