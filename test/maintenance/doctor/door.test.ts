import test from 'ava'
import { runDoctor } from '../../../src/maintenance/doctor/run-doctor.ts'
import { startDoorWorld } from '../../support/door-world.ts'

for (const [service, proxy, state, words] of [
  ['required', 'required', 'ok', /^writes of manifests pass the door$/],
  ['required', 'off', 'fault', /^a manifest reaches the registry around the door/],
  ['off', 'off', 'ok', /^writes of manifests go to the registry/],
  [
    'off',
    'required',
    'warning',
    /^writes of manifests pass the door, and the service goes without/,
  ],
] as const) {
  test(`a service with WARDEN_DOOR=${service} behind a proxy with ${proxy} is ${state}`, async (t) => {
    const world = await startDoorWorld({ WARDEN_DOOR: service }, proxy)
    t.teardown(world.stop)
    const { config, databaseConfig: database, database: rows } = world.service
    const { checks } = await runDoctor({
      url: world.places.registryUrl,
      config: { ...config, database },
    })
    const found = checks.find(({ name }) => name === 'door')
    t.is(found?.state, state)
    t.regex(found?.detail ?? '', words)
    t.deepEqual(await rows('events').where('repository', 'like', 'warden-doctor/%'), [])
  })
}
