import { createServer } from 'node:net'
import test from 'ava'
import { readConfig } from '../../src/config/read-config.ts'
import { createMailer } from '../../src/mail/create-mailer.ts'
import { until } from '../support/jobs-world.ts'
import { createMailWorld, type MailWorld, textOf } from '../support/mail-world.ts'

let world: MailWorld

test.before(async () => {
  world = await createMailWorld()
})
test.after.always(() => world.stop())
test.beforeEach(() => {
  world.taken.length = 0
})

const mailerWith = (env: Readonly<Record<string, string>>) => {
  const { config } = readConfig({
    WARDEN_PUBLIC_URL: 'https://registry.example.com',
    WARDEN_REGISTRY_URL: 'http://registry:5000',
    WARDEN_DB_PASSWORD: 'x',
    ...env,
  })
  if (config.mail === undefined) throw new Error('no mail is configured')
  return createMailer(config.mail)
}

const MAIL = {
  to: 'ann@example.com',
  subject: 'Hello',
  text: 'First line\n\n<b>second</b> line ü\n',
}

const takenMail = async () => {
  await until('the mail is there', () => world.taken.length > 0)
  const [mail] = world.taken
  if (mail === undefined) throw new Error('no mail')
  return mail
}

test.serial('a mail goes out over STARTTLS, signed in, as plain text alone', async (t) => {
  await world.up()
  await mailerWith(world.env()).send(MAIL)
  const mail = await takenMail()
  t.deepEqual(
    [mail.from, mail.to, mail.isSecure, mail.user],
    ['registry@example.com', ['ann@example.com'], true, 'mailer@example.com'],
  )
  t.regex(mail.raw, /^From: Registry <registry@example\.com>\r$/m)
  t.regex(mail.raw, /^To: ann@example\.com\r$/m)
  t.regex(mail.raw, /^Subject: Hello\r$/m)
  t.regex(mail.raw, /^Auto-Submitted: auto-generated\r$/m)
  t.regex(mail.raw, /^Content-Type: text\/plain; charset=utf-8\r$/m)
  t.notRegex(mail.raw, /multipart|text\/html/)
  t.true(textOf(mail).includes('<b>second</b> line'))
})

test.serial('a mail goes out over TLS from the first byte', async (t) => {
  await world.up({ isImplicit: true })
  await mailerWith(world.env('smtps')).send(MAIL)
  t.true((await takenMail()).isSecure)
})

test.serial('a server that everybody may send by needs no user', async (t) => {
  await world.up({ user: undefined })
  const env = { ...world.env(), WARDEN_MAIL_URL: `smtp://localhost:${world.port}` }
  await mailerWith(env).send(MAIL)
  t.is((await takenMail()).user, null)
})

test.serial(
  'nothing is said in the clear to a server without STARTTLS, unless that is wanted',
  async (t) => {
    await world.up({ isPlain: true, user: undefined })
    const env = { ...world.env(), WARDEN_MAIL_URL: `smtp://localhost:${world.port}` }
    const error = await t.throwsAsync(mailerWith(env).send(MAIL))
    t.regex(error.message, /no encrypted connection/)
    t.is(world.taken.length, 0)
    await mailerWith({ ...env, WARDEN_MAIL_TLS: 'off' }).send(MAIL)
    t.false((await takenMail()).isSecure)
  },
)

test.serial(
  'a server whose certificate nobody vouches for gets neither mail nor password',
  async (t) => {
    await world.up()
    const { WARDEN_MAIL_CA: _, ...env } = world.env()
    await t.throwsAsync(mailerWith(env).send(MAIL), { message: /encrypted|certificate/ })
    await t.throwsAsync(mailerWith(env).verify(), { message: /encrypted|certificate/ })
    t.is(world.taken.length, 0)
  },
)

test.serial('what went wrong is told in words, without the password', async (t) => {
  await world.up({ password: 'another' })
  const error = await t.throwsAsync(mailerWith(world.env()).verify())
  t.regex(error.message, /refuses the user or the password of WARDEN_MAIL_URL \(EAUTH, 535\)/)
  await world.down()
  await t.throwsAsync(mailerWith(world.env()).verify(), { message: /cannot be reached/ })
})

test.serial(
  'a recipient whom the server does not know is final; a server that is away is not',
  async (t) => {
    await world.up()
    const mailer = mailerWith(world.env())
    const final = await mailer.send({ ...MAIL, to: 'nobody@example.com' }).catch((error) => error)
    await world.down()
    const passing = await mailer.send(MAIL).catch((error) => error)
    t.deepEqual([final.isFinal, passing.isFinal], [true, false])
    t.is(final.message, 'the mail server does not take this sender or recipient (EENVELOPE, 550)')
  },
)

test.serial("a server's own words, which may quote the mail, are not repeated", async (t) => {
  await world.up()
  const text = 'the link https://registry.example.com/#token=sesame'
  const error = await mailerWith(world.env())
    .send({ ...MAIL, to: 'quoted@example.com', text })
    .catch((thrown) => thrown)
  t.is(error.message, 'the mail server does not take the mail (EMESSAGE, 554)')
  t.notRegex(JSON.stringify([error, error.stack, error.cause ?? null]), /sesame/)
})

for (const to of [
  'ann@example.com, bob@example.com',
  'ann@example.com\r\nBcc: bob@example.com',
  'Ann <ann@example.com>',
  'ann@example.com>\r\nRCPT TO:<bob@example.com',
  'ann',
  '',
]) {
  test.serial(`no mail goes to ${JSON.stringify(to)}`, async (t) => {
    await world.up()
    const error = await mailerWith(world.env())
      .send({ ...MAIL, to })
      .catch((thrown) => thrown)
    t.is(error?.isFinal, true)
    t.is(world.taken.length, 0)
  })
}

test.serial('no subject makes another header', async (t) => {
  await world.up()
  const subject = 'Hello\r\nBcc: bob@example.com'
  await t.throwsAsync(mailerWith(world.env()).send({ ...MAIL, subject }))
  t.is(world.taken.length, 0)
})

test.serial('a signal cuts a server off that takes its time', async (t) => {
  await world.down()
  const server = createServer(() => undefined)
  await new Promise<void>((resolve) => server.listen(world.port, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const controller = new AbortController()
  const sending = mailerWith(world.env()).send(MAIL, controller.signal)
  await until('it is connected', async () => {
    return new Promise<boolean>((resolve) =>
      server.getConnections((_error, count) => resolve(count === 1)),
    )
  })
  controller.abort()
  await t.throwsAsync(sending, { message: 'the mail server took too long' })
  await until('it is gone', async () => {
    return new Promise<boolean>((resolve) =>
      server.getConnections((_error, count) => resolve(count === 0)),
    )
  })
})
