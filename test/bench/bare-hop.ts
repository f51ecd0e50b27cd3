import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'

// What the door is held against beside nothing: a process that hands every request on to the registry
// and looks at none of it. Its argument: the registry.

const [, , registry = ''] = process.argv
const pool = new Pool(registry, { connections: 32, pipelining: 1 })

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const { authorization = '', host = '', 'content-type': type = '' } = request.headers
  const answer = await pool.request({
    method: request.method as 'PUT',
    path: request.url ?? '',
    headers: { authorization, host, 'content-type': type },
    body: Buffer.concat(chunks),
  })
  const body = Buffer.from(await answer.body.arrayBuffer())
  const { location } = answer.headers
  if (location !== undefined) response.setHeader('location', location)
  response.writeHead(answer.statusCode).end(body)
})

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
