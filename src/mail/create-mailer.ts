import MailComposer from 'nodemailer/lib/mail-composer'
import { MAIL_ADDRESS, type MailConfig } from '../config/mail-variables.ts'
import { MailError } from './mail-error.ts'
import { withSmtp } from './smtp-session.ts'

/** All of it, from the look-up of the name to the last answer. */
const LONGEST_MS = 60_000

/** Plain text alone: no reader runs or loads anything, whatever somebody's name looks like. */
export interface Mail {
  readonly to: string
  /** One line. */
  readonly subject: string
  readonly text: string
}

export interface Mailer {
  /**
   * Gives a mail to the server; that it took it says nothing about what becomes of it there.
   *
   * @throws MailError; `isFinal` where it will never be taken
   */
  readonly send: (mail: Mail, signal?: AbortSignal) => Promise<void>
  /** Connects and signs in, and sends nothing. @throws MailError */
  readonly verify: () => Promise<void>
}

/** One address, and a subject of one line: nothing that could end a header and begin another. */
function requireHarmless({ to, subject }: Mail): void {
  if (!MAIL_ADDRESS.test(to)) {
    throw new MailError('the address is not one that mail is sent to', { isFinal: true })
  }
  if (/\p{Cc}/u.test(subject)) {
    throw new MailError('the subject holds a control character', { isFinal: true })
  }
}

const compose = ({ from }: MailConfig, { to, subject, text }: Mail): Promise<Buffer> =>
  new MailComposer({
    from: { name: from.name, address: from.address },
    to: { name: '', address: to },
    subject,
    text,
    // So that nobody's absence answers it.
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build()

const within = (signal: AbortSignal | undefined): AbortSignal =>
  AbortSignal.any([AbortSignal.timeout(LONGEST_MS), ...(signal === undefined ? [] : [signal])])

/** Makes what sends mail, a connection for each: there are few, and a server may be another by then. */
export function createMailer(config: MailConfig): Mailer {
  return {
    send: async (mail, signal) => {
      requireHarmless(mail)
      const content = await compose(config, mail)
      const envelope = { from: config.from.address, to: mail.to }
      await withSmtp(config, within(signal), (session) => session.send(envelope, content))
    },
    verify: () => withSmtp(config, within(undefined), async () => undefined),
  }
}
