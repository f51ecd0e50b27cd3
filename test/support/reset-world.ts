import { until } from './jobs-world.ts'
import { createMailWorld, type MailWorld, type TakenMail, textOf } from './mail-world.ts'
import { type Credentials, type Reply, type Service, startService } from './service.ts'

/** A service that sends mail, and the server that takes it. */
export interface ResetWorld {
  readonly service: Service
  readonly mail: MailWorld
  /** Moves the clock of the service on. */
  readonly wait: (minutes: number) => void
  readonly ask: (who: object) => Promise<Reply>
  readonly confirm: (token: string, newPassword: string) => Promise<Reply>
  /** Asks for a mail to a user, and reads the token in it. */
  readonly mailTo: (username: string) => Promise<string>
  /** Waits until no job is left to be done. */
  readonly settle: () => Promise<void>
  readonly signsIn: (as: Credentials) => Promise<boolean>
  readonly stop: () => Promise<void>
}

const LINK = /^(\S+)\/api\/v1\/signin\/password-reset#token=([A-Za-z0-9_-]{43})$/m

export function readLink(mail: TakenMail): { readonly origin: string; readonly token: string } {
  const [, origin = '', token = ''] = LINK.exec(textOf(mail).replace(/\r/g, '')) ?? []
  return { origin, token }
}

/** Each call comes from a network of its own, so that only tests of limits meet them. */
let networks = 0
const fromElsewhere = (): Readonly<Record<string, string>> => {
  networks++
  return { 'x-forwarded-for': `10.${networks >> 8}.${networks & 255}.1` }
}

export async function startResetWorld(): Promise<ResetWorld> {
  const mail = await createMailWorld()
  await mail.up()
  let aheadMs = 0
  const service = await startService({
    registryUrl: 'http://127.0.0.1:9',
    env: { ...mail.env(), WARDEN_IDENTITY_TOKENS: 'on' },
    now: () => new Date(Date.now() + aheadMs),
  })
  const post = (path: string, json: object): Promise<Reply> =>
    service.request('POST', `/api/v1/signin/password-reset${path}`, {
      json,
      headers: fromElsewhere(),
    })
  const settle = (): Promise<void> =>
    until('no job is left', async () => {
      const left = await service.database('jobs').whereIn('state', ['waiting', 'running'])
      return left.length === 0
    })
  return {
    service,
    mail,
    wait: (minutes) => {
      aheadMs += minutes * 60_000
    },
    ask: (who) => post('', who),
    confirm: (token, newPassword) => post('/confirm', { token, newPassword }),
    mailTo: async (username) => {
      const before = mail.taken.length
      await post('', { username })
      await until('a mail comes', () => mail.taken.length > before)
      const last = mail.taken.at(-1)
      return last === undefined ? '' : readLink(last).token
    },
    settle,
    signsIn: async (as) => (await service.request('GET', '/api/v1/me', { as })).status === 200,
    stop: async () => {
      await service.stop()
      await mail.stop()
    },
  }
}
