import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ensureTlsServer } from '../../src/signing/tls-authority.ts'
import { findFreePort } from '../../src/stack/ports.ts'
import { makeTemporaryDir, removeDir } from './temporary-dir.ts'

export interface MailServerInput {
  readonly port: number
  readonly key: string
  readonly cert: string
  /** TLS from the first byte. */
  readonly isImplicit: boolean
  /** No STARTTLS at all. */
  readonly isPlain: boolean
  /** Undefined: everybody may send. */
  readonly user: string | undefined
  readonly password: string
}

/** A mail as the server took it. */
export interface TakenMail {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: string
  readonly isSecure: boolean
  readonly user: string | null
}

/** A mail server on a port of its own, with a certificate for `localhost`, that may be up or down. */
export interface MailWorld {
  readonly port: number
  readonly user: string
  readonly password: string
  /** Authority of its certificate, as PEM. */
  readonly ca: string
  readonly taken: TakenMail[]
  readonly up: (input?: Partial<MailServerInput>) => Promise<void>
  readonly down: () => Promise<void>
  readonly env: (scheme?: 'smtp' | 'smtps') => Readonly<Record<string, string>>
  readonly stop: () => Promise<void>
}

export const MAIL_PASSWORD = 'p@ss:wörd/7'

const USER = 'mailer@example.com'

/** A process that may be started again and again, on the same port. */
function createServerProcess(base: MailServerInput, onMail: (mail: TakenMail) => void) {
  let child: ChildProcess | undefined
  const down = async (): Promise<void> => {
    const running = child
    child = undefined
    if (running === undefined) return
    const ended = once(running, 'exit')
    running.kill('SIGKILL')
    await ended
  }
  const up: MailWorld['up'] = async (given = {}) => {
    await down()
    const input = JSON.stringify({ ...base, ...given })
    const started = fork(resolve('dist/test/support/mail-server.js'), [input])
    child = started
    await once(started, 'message')
    started.on('message', (mail: TakenMail) => onMail(mail))
  }
  return { up, down }
}

export async function createMailWorld(): Promise<MailWorld> {
  const dir = makeTemporaryDir()
  const serverDir = join(dir, 'server')
  const folders = { authorityDir: join(dir, 'authority'), serverDir }
  await ensureTlsServer(folders, { hosts: ['localhost'], now: new Date() })
  const read = (name: string): string => readFileSync(join(serverDir, name), 'utf8')
  const port = await findFreePort()
  const ca = read('ca.crt')
  const taken: TakenMail[] = []
  const login = { user: USER, password: MAIL_PASSWORD }
  const keys = { key: read('server.key'), cert: read('server.crt') }
  const base = { port, ...keys, ...login, isImplicit: false, isPlain: false }
  const { up, down } = createServerProcess(base, (mail) => void taken.push(mail))
  const before = `${encodeURIComponent(USER)}:${encodeURIComponent(MAIL_PASSWORD)}`
  return {
    port,
    ...login,
    ca,
    taken,
    up,
    down,
    env: (scheme = 'smtp') => ({
      WARDEN_MAIL_URL: `${scheme}://${before}@localhost:${port}`,
      WARDEN_MAIL_FROM: 'Registry <registry@example.com>',
      WARDEN_MAIL_CA: ca,
    }),
    stop: async () => {
      await down()
      removeDir(dir)
    },
  }
}

/** The words of a mail of plain text, whatever they were encoded in. */
export function textOf({ raw }: TakenMail): string {
  const at = raw.indexOf('\r\n\r\n')
  const body = raw.slice(at + 4)
  if (!/^content-transfer-encoding: quoted-printable/im.test(raw.slice(0, at))) return body
  return body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
