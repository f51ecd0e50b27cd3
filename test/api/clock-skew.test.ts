import test, { type ExecutionContext } from 'ava'
import { fetchToken, pushImage } from '../support/image.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'

/** Sixty seconds of difference are forgiven by the registry. */
const FORGIVEN_SECONDS = 55
const FAR_SECONDS = 600

/** The whole service with a clock that is off by so much, and a real registry with the right one. */
async function withClockOff(
  seconds: number,
  work: (service: Service) => Promise<void>,
): Promise<void> {
  const now = (): Date => new Date(Date.now() + seconds * 1000)
  const service = await startService({ now })
  try {
    await service.admin('POST', '/api/v1/projects', { name: 'acme' })
    await work(service)
  } finally {
    await service.stop()
  }
}

const statusAt = async (service: Service, path: string, token: string): Promise<number> => {
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(`${service.registryUrl}${path}`, { headers })
  await response.arrayBuffer()
  return response.status
}

const catalogStatus = async (service: Service): Promise<number> => {
  const token = await fetchToken(service, { as: ADMIN, scope: 'registry:catalog:*' })
  return statusAt(service, '/v2/_catalog', token)
}

const holds = async (t: ExecutionContext, service: Service): Promise<void> => {
  const login = await service.request('GET', '/auth/token?service=registry-warden', { as: ADMIN })
  t.is(await statusAt(service, '/v2/', login.body.token), 200)
  t.is(await catalogStatus(service), 200)
  const image = { as: ADMIN, repository: 'acme/app', tags: ['v1'] }
  await t.notThrowsAsync(pushImage(service, image))
}

for (const seconds of [-FORGIVEN_SECONDS, FORGIVEN_SECONDS]) {
  const how = `${FORGIVEN_SECONDS} s ${seconds < 0 ? 'behind' : 'ahead'}`
  test(`the registry takes tokens of a clock that is ${how}: login, catalog and push`, (t) =>
    withClockOff(seconds, (service) => holds(t, service)))
}

for (const seconds of [-FAR_SECONDS, FAR_SECONDS]) {
  const how = `ten minutes ${seconds < 0 ? 'behind' : 'ahead'}`
  test(`the registry refuses tokens of a clock that is ${how}`, (t) =>
    withClockOff(seconds, async (service) => {
      t.is(await catalogStatus(service), 401)
    }))
}
