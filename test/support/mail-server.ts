// A real mail server as a process of its own: it takes mail over STARTTLS (or TLS) from one user, and
// passes each on to whoever started it. Its argument is a `MailServerInput`.
import { SMTPServer } from 'smtp-server'
import type { MailServerInput } from './mail-world.ts'

const input: MailServerInput = JSON.parse(process.argv[2] ?? '')

const refusal = (code: number, text: string): Error =>
  Object.assign(new Error(text), { responseCode: code })

const server = new SMTPServer({
  secure: input.isImplicit,
  key: input.key,
  cert: input.cert,
  authMethods: ['PLAIN', 'LOGIN'],
  authOptional: input.user === undefined,
  disabledCommands: input.isPlain ? ['STARTTLS'] : [],
  allowInsecureAuth: false,
  disableReverseLookup: true,
  logger: false,
  onAuth: ({ username, password }, _session, done) => {
    const isRight = username === input.user && password === input.password
    if (isRight) done(null, { user: username })
    else done(refusal(535, 'wrong user or password'))
  },
  onRcptTo: ({ address }, _session, done) => {
    done(address.startsWith('nobody@') ? refusal(550, 'no such user here') : null)
  },
  onData: (stream, session, done) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => void chunks.push(chunk))
    stream.on('end', () => {
      const raw = Buffer.concat(chunks).toString('latin1')
      const { mailFrom, rcptTo } = session.envelope
      // A filter that quotes what it does not like, as some do.
      if (rcptTo[0]?.address.startsWith('quoted@')) {
        done(refusal(554, raw.replace(/[^\x20-\x7e]/g, ' ')))
        return
      }
      process.send?.({
        from: mailFrom ? mailFrom.address : '',
        to: rcptTo.map(({ address }) => address),
        raw,
        isSecure: session.secure,
        user: session.user || null,
      })
      done()
    })
  },
})
// Clients that do not trust it hang up in the middle.
server.on('error', () => undefined)
server.listen(input.port, '127.0.0.1', () => process.send?.('listening'))
