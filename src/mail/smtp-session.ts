import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { MailConfig } from '../config/mail-variables.ts'
import { MailError, toMailError } from './mail-error.ts'

const CONNECT_MS = 10_000
const SILENCE_MS = 15_000

/** A server that the mail was given to, or might have been. */
export interface SmtpSession {
  readonly send: (
    envelope: { readonly from: string; readonly to: string },
    content: Buffer,
  ) => Promise<void>
}

const encryption = ({ tls, ca }: MailConfig) => ({
  secure: tls === 'implicit',
  requireTLS: tls === 'require',
  // What is off by word is off also where the server would know better: no certificate is looked at.
  ignoreTLS: tls === 'off',
  tls: { minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) } as const,
})

const asPromise = (call: (done: (error?: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    call((error) => (error ? reject(error) : resolve()))
  })

/**
 * Connects to the mail server, signs in where that is set, does `work`, and leaves.
 *
 * @param signal cuts the connection off wherever it is
 * @throws MailError
 */
export async function withSmtp<T>(
  config: MailConfig,
  signal: AbortSignal,
  work: (session: SmtpSession) => Promise<T>,
): Promise<T> {
  const { host, port, credentials } = config
  const connection = new SMTPConnection({
    host,
    port,
    ...encryption(config),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    dnsTimeout: CONNECT_MS,
    logger: false,
  })
  const broken = new Promise<never>((_resolve, reject) => {
    connection.on('error', reject)
    connection.once('end', () => reject(new MailError('the mail server hung up')))
    const cut = (): void => reject(new MailError('the mail server took too long'))
    if (signal.aborted) cut()
    else signal.addEventListener('abort', cut, { once: true })
  })
  const session: SmtpSession = {
    send: ({ from, to }, content) =>
      asPromise((done) => connection.send({ from, to: [to] }, content, done)),
  }
  const run = async (): Promise<T> => {
    await asPromise((done) => connection.connect(done))
    if (credentials !== undefined) {
      const { user, password: pass } = credentials
      await asPromise((done) => connection.login({ credentials: { user, pass } }, done))
    }
    const result = await work(session)
    connection.quit()
    return result
  }
  try {
    return await Promise.race([run(), broken])
  } catch (error) {
    throw toMailError(error)
  } finally {
    broken.catch(() => undefined)
    connection.close()
  }
}
