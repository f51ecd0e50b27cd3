import test, { type ExecutionContext } from 'ava'
import { answered } from '../support/answered.ts'
import { pushImage } from '../support/image.ts'
import { ADMIN, type Reply, type Service, startService } from '../support/service.ts'

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
    const made = await answered(() => service.admin('POST', '/api/v1/projects', { name: 'acme' }))
    if (made.status !== 201) throw new Error(`no project: ${made.status}`)
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

const tokenOf = async (service: Service, scope: string): Promise<string> => {
  const query = new URLSearchParams({ service: 'registry-warden', ...(scope && { scope }) })
  const ask = (): Promise<Reply> => service.request('GET', `/auth/token?${query}`, { as: ADMIN })
  const { status, body } = await answered(ask)
  if (status !== 200) throw new Error(`no token for ${scope}: ${status}`)
  return body.token
}

const catalogStatus = async (service: Service): Promise<number> =>
  statusAt(service, '/v2/_catalog', await tokenOf(service, 'registry:catalog:*'))

const holds = async (t: ExecutionContext, service: Service): Promise<void> => {
  t.is(await statusAt(service, '/v2/', await tokenOf(service, '')), 200)
  t.is(await catalogStatus(service), 200)
  const token = await tokenOf(service, 'repository:acme/app:pull,push')
  const image = { as: ADMIN, repository: 'acme/app', tags: ['v1'], token }
  await t.notThrowsAsync(pushImage(service, image))
}

// One after the other: each starts a service and a registry, and would be a load on the others.
for (const seconds of [-FORGIVEN_SECONDS, FORGIVEN_SECONDS]) {
  const how = `${FORGIVEN_SECONDS} s ${seconds < 0 ? 'behind' : 'ahead'}`
  test.serial(`the registry takes tokens of a clock that is ${how}: login, catalog and push`, (t) =>
    withClockOff(seconds, (service) => holds(t, service)),
  )
}

for (const seconds of [-FAR_SECONDS, FAR_SECONDS]) {
  const how = `ten minutes ${seconds < 0 ? 'behind' : 'ahead'}`
  test.serial(`the registry refuses tokens of a clock that is ${how}`, (t) =>
    withClockOff(seconds, async (service) => {
      t.is(await catalogStatus(service), 401)
    }),
  )
}
