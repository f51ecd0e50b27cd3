import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'

// What the figures are held against: servers that do nothing but answer, in a process of their own.

const TOKEN_BYTES = 1000
const body = {
  token: 'x'.repeat(TOKEN_BYTES),
  access_token: 'x'.repeat(TOKEN_BYTES),
  expires_in: 300,
}
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** One ES256 over claims of the usual size, with new ones each time. */
function signOnce(): string {
  const claims = { iss: 'a', sub: 'b', aud: 'c', exp: 1, iat: 1, jti: randomUUID(), access: [] }
  const input = `${'h'.repeat(600)}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
}

const koaConstant = new Koa()
koaConstant.use((ctx) => {
  ctx.body = body
})

const koaSigning = new Koa()
koaSigning.use((ctx) => {
  const token = signOnce()
  ctx.body = { token, access_token: token, expires_in: 300 }
})

const text = JSON.stringify(body)
const listeners = {
  http: (_request: unknown, response: import('node:http').ServerResponse) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': text.length })
    response.end(text)
  },
  koa: koaConstant.callback(),
  koaSigning: koaSigning.callback(),
}

const ports = await Promise.all(
  Object.entries(listeners).map(
    ([name, listener]) =>
      new Promise<readonly [string, number]>((resolve) => {
        const server = createServer(listener)
        server.listen(0, '127.0.0.1', () => resolve([name, (server.address() as AddressInfo).port]))
      }),
  ),
)
/** The signature alone, without any server. */
function measureSignatures(): number {
  for (let n = 0; n < 2000; n++) signOnce()
  const startedAtMs = performance.now()
  for (let n = 0; n < 10_000; n++) signOnce()
  return 10_000 / ((performance.now() - startedAtMs) / 1000)
}

const facts = { ports: Object.fromEntries(ports), signaturesPerSecond: measureSignatures() }
process.stdout.write(`${JSON.stringify(facts)}\n`)
process.once('disconnect', () => process.exit())
