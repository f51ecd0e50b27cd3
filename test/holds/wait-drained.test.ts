import test from 'ava'
import { createUnderWay } from '../../src/holds/under-way.ts'
import { createWaitDrained } from '../../src/holds/wait-drained.ts'
import { type Service, startService } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

let service: Service
let replicaId = ''

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  const { found } = await waitFor(async () => {
    const row: { readonly id: string } | undefined = await service.database('replicas').first('id')
    return row
  })
  replicaId = found.id
})
test.after.always(() => service.stop())

const ALMOST_OVER_MS = 14_000

test.serial('the only process waits for its own writes, and no longer', async (t) => {
  const underWay = createUnderWay()
  const end = underWay.begin()
  let isOver = false
  const waitDrained = createWaitDrained({ ...service, underWay, replicaId })
  const drained = waitDrained({ takenAtMs: performance.now() }).then(() => {
    isOver = true
  })
  await waitFor(async () => service.database('replicas').first('id'))
  t.false(isOver)
  end()
  await drained
  t.true(isOver)
})

test.serial(
  'R21: where others may have let writes through, their whole time is waited',
  async (t) => {
    const { database } = service
    const [own] = await database('replicas').select('*')
    // One that died long ago, as far as anybody knows.
    await database('replicas').insert({ ...own, id: 'another' })
    const waitDrained = createWaitDrained({ database, underWay: createUnderWay(), replicaId })
    const startedAtMs = performance.now()
    await waitDrained({ takenAtMs: startedAtMs - ALMOST_OVER_MS })
    t.true(performance.now() - startedAtMs >= 950)
    await database('replicas').where({ id: 'another' }).delete()
  },
)

test.serial('who is not listed itself does not take itself for the only one', async (t) => {
  const deps = { ...service, underWay: createUnderWay(), replicaId: 'nobody' }
  const startedAtMs = performance.now()
  await createWaitDrained(deps)({ takenAtMs: startedAtMs - ALMOST_OVER_MS })
  t.true(performance.now() - startedAtMs >= 950)
})
