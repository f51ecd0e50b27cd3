import { createMailer } from '../../mail/create-mailer.ts'
import { fault, ok, reasonOf, skipped, warning } from './check.ts'
import { insideCheck } from './inside-check.ts'

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/

/** Connects as the service does and signs in; no mail is sent. */
const mail = insideCheck('mail', async ({ inside }) => {
  const config = inside.config.mail
  if (config === undefined) {
    return skipped('WARDEN_MAIL_URL is not set, so nobody can have a new password by mail')
  }
  const { host, port, tls, credentials } = config
  try {
    await createMailer(config).verify()
  } catch (error) {
    const advice =
      'see WARDEN_MAIL_URL, WARDEN_MAIL_TLS and WARDEN_MAIL_CA in docs/configuration.md'
    return fault(`${host}:${port}: ${reasonOf(error)}`, advice)
  }
  const how = credentials === undefined ? 'takes mail' : 'lets the service sign in'
  if (tls !== 'off' || LOOPBACK.test(host)) return ok(`${host}:${port} ${how}`)
  return warning(
    `${host}:${port} ${how}, and everything goes there in the clear: whoever listens can set passwords`,
    'leave WARDEN_MAIL_TLS out',
  )
})

export const MAIL_CHECKS = [mail] as const
