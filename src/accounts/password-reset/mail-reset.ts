import { z } from 'zod'
import type { Database } from '../../database/open-database.ts'
import { defineJobKind, JobGaveUp, type JobKind, type RunningJob } from '../../jobs/types.ts'
import type { Mailer } from '../../mail/create-mailer.ts'
import { MailError } from '../../mail/mail-error.ts'
import { countMails, findRecipientById, noteMail, putReset, type Recipient } from './queries.ts'
import { createResetToken, hashAddress, hashResetToken } from './reset-token.ts'

export const RESET_MAIL = 'password-reset.mail'

/** Id of no account: a request for nobody makes the same work as one for somebody. */
export const NOBODY = 0

const LIFE_MINUTES = 30
const MINUTE_MS = 60_000
/** Mails to one account within an hour; above that a request changes nothing, and says nothing. */
const MOST_MAILS = 3
const HOUR_MS = 60 * MINUTE_MS

const payloadSchema = z.strictObject({ userId: z.int().min(NOBODY) })

export interface MailResetDeps {
  /** Undefined where no mail is sent. */
  readonly mailer: Mailer | undefined
  /** No slash at its end; the only host that a link may lead to. */
  readonly publicUrl: string
  readonly now: () => Date
}

interface Prepared {
  readonly recipient: Recipient
  readonly token: string
}

/**
 * Makes the token and keeps its hash, unless the account had enough mails already. Each attempt makes
 * another one, so that no token has to wait in the queue.
 */
async function prepare(
  transaction: Database,
  job: { readonly id: number; readonly userId: number },
  now: Date,
): Promise<Prepared | string> {
  const { id: jobId, userId } = job
  const recipient = await findRecipientById(transaction, userId)
  if (recipient === undefined) return 'nobody is to get a mail'
  const since = new Date(now.getTime() - HOUR_MS)
  if ((await countMails(transaction, { userId, exceptJob: jobId, since })) >= MOST_MAILS) {
    return `no mail: the account had ${MOST_MAILS} within an hour`
  }
  const token = createResetToken()
  await noteMail(transaction, { userId, jobId, now, since })
  await putReset(transaction, {
    userId,
    tokenHash: hashResetToken(token) ?? '',
    signInEpoch: recipient.signInEpoch,
    emailHash: hashAddress(recipient.email),
    expiresAt: new Date(now.getTime() + LIFE_MINUTES * MINUTE_MS),
    now,
  })
  return { recipient, token }
}

const textOf = (publicUrl: string, { recipient, token }: Prepared): string =>
  `Somebody, probably you, asked for a new password for the account ${recipient.username} at
${publicUrl}

Open this link within ${LIFE_MINUTES} minutes to choose one. It works once, and replaces earlier links.

${publicUrl}/api/v1/signin/password-reset#token=${token}

If it was not you, do nothing: your password stays as it is.
`

async function mailReset(
  { mailer, publicUrl, now }: MailResetDeps,
  { id, payload, signal, tell, checkLease, inLease }: RunningJob<z.output<typeof payloadSchema>>,
): Promise<void> {
  if (mailer === undefined) throw new JobGaveUp('this service sends no mail: see WARDEN_MAIL_URL')
  const at = now()
  const job = { id, userId: payload.userId }
  const prepared = await inLease((transaction) => prepare(transaction, job, at))
  if (typeof prepared === 'string') {
    tell(prepared)
    return
  }
  checkLease()
  const text = textOf(publicUrl, prepared)
  const mail = { to: prepared.recipient.email, subject: 'A new password for your account', text }
  await mailer.send(mail, signal).catch((error: unknown) => {
    if (error instanceof MailError && error.isFinal) throw new JobGaveUp(error.message)
    throw error
  })
  tell('the mail server took the mail')
}

/** The kind of job that makes a link and mails it to the address that the account has. */
export const createResetMailKind = (deps: MailResetDeps): JobKind =>
  defineJobKind({
    payload: payloadSchema,
    retry: { firstSeconds: 5, longestSeconds: 300 },
    atOnce: 2,
    run: (job) => mailReset(deps, job),
  })
