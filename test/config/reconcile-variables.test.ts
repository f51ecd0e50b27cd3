import test from 'ava'
import { ConfigError } from '../../src/config/config-error.ts'
import { readConfig } from '../../src/config/read-config.ts'

const read = (cron: string) =>
  readConfig({
    WARDEN_PUBLIC_URL: 'http://localhost:5000',
    WARDEN_REGISTRY_URL: 'http://registry:5000',
    WARDEN_DB_PASSWORD: 'x',
    WARDEN_RECONCILE_CRON: cron,
  }).config.reconcile.cron

for (const cron of ['0 */6 * * *', '*/30 * * * * *', '@daily', '0 0 29 2 *', '0 0 1-7 * 1#1']) {
  test(`${cron} comes again and again`, (t) => {
    t.is(read(cron), cron)
  })
}

test('the index is compared only when somebody asks where it is off', (t) => {
  t.is(read('off'), undefined)
})

for (const cron of [
  'at night',
  '0 0 31 2 *',
  '61 * * * *',
  '2099-01-01T00:00:00',
  '2019-01-01T00:00:00',
  '0 0 0 1 1 * 2099',
  '* * * * * * * *',
]) {
  test(`${JSON.stringify(cron)} does not come again, and is refused`, (t) => {
    const error = t.throws(() => read(cron), { instanceOf: ConfigError })
    t.regex(error?.message ?? '', /WARDEN_RECONCILE_CRON: must be a cron pattern/)
  })
}
