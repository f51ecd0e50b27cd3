import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureTlsServer } from '../signing/tls-authority.ts'
import { LOOPBACK, LOOPBACK_V6 } from './ports.ts'

export interface Tls {
  /** Folder with `server.crt`, `server.key` and `ca.crt`. */
  readonly dir: string
  /** The authority, in PEM form. */
  readonly ca: string
}

interface TlsInput {
  readonly dir: string
  readonly networkHost?: string | undefined
}

/** A certificate for this machine and the name by which others know it, kept in the folder. */
export async function prepareTls({ dir, networkHost }: TlsInput): Promise<Tls> {
  const serverDir = join(dir, 'tls')
  const hosts = [networkHost ?? 'localhost', 'localhost', LOOPBACK, LOOPBACK_V6]
  await ensureTlsServer(
    { authorityDir: join(dir, 'tls-authority'), serverDir },
    { hosts: [...new Set(hosts)], now: new Date() },
  )
  return { dir: serverDir, ca: readFileSync(join(serverDir, 'ca.crt'), 'utf8') }
}
