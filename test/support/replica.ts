import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp } from '../../src/app.ts'
import { findInstallation } from '../../src/database/installation.ts'
import { readAuthority } from '../../src/signing/token-authority.ts'
import type { Service } from './service.ts'

const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

export interface Replica {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** One more service on the database and the token authority of `service`, with a memory of its own. */
export async function startReplica(service: Service, now: () => Date): Promise<Replica> {
  const { config, database, watchDatabase } = service
  const installation = await findInstallation(database)
  const authority = await readAuthority(config.certs.authorityPath)
  if (installation === undefined || authority === undefined) throw new Error('nothing to join')
  const log = quiet
  const version = 'test'
  const app = createApp({
    config,
    database,
    watchDatabase,
    installation,
    authority,
    log,
    now,
    writeOut: async () => undefined,
    version,
  })
  const server = createServer(app.publicListener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stopWatch = app.start()
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await stopWatch()
    },
  }
}
