import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import { startService } from '../support/service.ts'

test('the registry is asked no more for a client that has left', async (t) => {
  const tags = Array.from({ length: 200 }, (_, index) => `t${index}`)
  const leaving = new AbortController()
  let looks = 0
  let ended = 0
  let allEnded = (): void => undefined
  const whenAllEnded = new Promise<void>((resolve) => {
    allEnded = resolve
  })
  const registry = createServer((request, response) => {
    if (request.method !== 'HEAD') {
      response.end(JSON.stringify({ tags }))
      return
    }
    response.once('close', () => {
      if (++ended === 4) allEnded()
    })
    // Never answered: four is what one page asks at a time.
    if (++looks === 4) leaving.abort()
  })
  await new Promise<void>((resolve) => void registry.listen(0, '127.0.0.1', resolve))
  const { port } = registry.address() as AddressInfo
  const service = await startService({ registryUrl: `http://127.0.0.1:${port}` })
  t.teardown(async () => {
    await service.stop()
    registry.closeAllConnections()
    registry.close()
  })
  await service.admin('POST', '/api/v1/projects', { name: 'open', visibility: 'public' })
  const url = `${service.url}/api/v1/repositories/open/app/tags?limit=1000`
  await t.throwsAsync(fetch(url, { signal: leaving.signal }), {
    any: true,
    name: 'AbortError',
  })
  await whenAllEnded
  await service.request('GET', '/readyz')
  t.is(looks, 4)
  t.false(service.logged().includes('"code":"UNAVAILABLE"'))
})
