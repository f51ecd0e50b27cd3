import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import test from 'ava'
import { apiRequest, type Request, tokenRequest } from '../faults/client.ts'
import { FAULTS } from '../faults/faults/all.ts'
import { type Load, startLoad } from '../faults/load.ts'
import { measure } from '../faults/measure.ts'
import { REGISTERS } from '../faults/people.ts'
import { type Site, startSite } from '../faults/site.ts'
import { ADMIN } from '../support/stack.ts'

let site: Site
let load: Load

test.before(async (t) => {
  t.timeout(180_000)
  site = await startSite({ hasDisk: false })
  load = await startLoad(site.place.url)
})

test.after.always(async () => {
  await load?.stop()
  await site?.stop()
})

/** Written whole, and not read: whoever has the connection has the request. */
async function begin(url: string, { method, path, headers, body = '' }: Request): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const lines = Object.entries({
    Host: hostname,
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
  return socket
}

async function statusOf(socket: Socket): Promise<number> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Number(Buffer.concat(chunks).toString('latin1').split(' ')[1])
}

test.serial(
  'a rolling restart of three replicas fails no request and loses no write',
  async (t) => {
    t.timeout(300_000)
    const fault = FAULTS.find(({ name }) => name === 'rolling restart of wardens')
    if (fault === undefined) throw new Error('there is no such fault')
    const row = await measure(site, load, fault)
    t.log(`${row.requests} requests, longest gap ${row.longestGap.seconds.toFixed(1)} s`)
    t.true(row.requests > 100)
    t.deepEqual(row.reasons, [])
    t.deepEqual(row.missed, [])
  },
)

test.serial('SIGTERM finishes what is in flight: slow sign-ins and writes', async (t) => {
  t.timeout(120_000)
  const [url = ''] = site.wardenUrls
  // Passwords that this process has not seen, each with a slow hash to compute.
  const people = REGISTERS.map((username) => ({ username, password: ADMIN.password + username }))
  const requests = [
    ...people.map((person) => tokenRequest(person, [])),
    ...people.map(({ username }) => apiRequest('PATCH', `/users/${username}`, { email: null })),
  ]
  const sockets = await Promise.all(requests.map((request) => begin(url, request)))
  const answered = Promise.all(sockets.map(statusOf))
  await site.end('warden-1')
  t.deepEqual(await answered, [200, 200, 200, 200, 200, 200])
  await site.start('warden-1')
})
