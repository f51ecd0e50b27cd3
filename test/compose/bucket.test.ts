import { join } from 'node:path'
import { ensureTlsServer } from '../../src/signing/tls-authority.ts'
import { plainEnvironment, requireCommand } from '../../src/stack/commands.ts'
import { startPart } from '../../src/stack/part.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { answers } from '../../src/stack/wait-until.ts'
import { findCompose, renderComposition } from '../support/compose-binary.ts'
import { S3, serviceOf } from '../support/composition.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const binary = await findCompose()
const testRegistry = testUnless(
  binary === undefined
    ? 'Docker Compose cannot be fetched'
    : findObstacle(['docker-registry'], { asRoot: false }),
)

testRegistry('the registry starts with what it is told of the bucket', async (t) => {
  const dir = makeTemporaryDir()
  t.teardown(() => removeDir(dir))
  const folders = { authorityDir: join(dir, 'authority'), serverDir: join(dir, 'server') }
  await ensureTlsServer(folders, { hosts: ['localhost'], now: new Date() })
  const { composition } = await renderComposition(binary ?? '', S3.files, S3.env)
  const port = await findFreePort()
  const part = await startPart({
    name: 'registry',
    command: requireCommand('docker-registry', process.env),
    args: ['serve', 'registry-config.yml'],
    env: {
      ...plainEnvironment({ PATH: process.env.PATH }),
      ...serviceOf(composition, 'registry').environment,
      // Nobody is there, which a start does not ask.
      REGISTRY_STORAGE_S3_REGIONENDPOINT: 'http://127.0.0.1:1',
      REGISTRY_HTTP_ADDR: `127.0.0.1:${port}`,
      REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE: join(folders.serverDir, 'ca.crt'),
    },
    dir: process.cwd(),
    logPath: join(dir, 'registry.log'),
    isReady: () => answers(`http://127.0.0.1:${port}/v2/`, [401]),
    readyTimeoutMs: 30_000,
  })
  t.teardown(part.stop)
  t.notRegex(part.lastLines(), /Ignoring unrecognized environment variable/)
})
