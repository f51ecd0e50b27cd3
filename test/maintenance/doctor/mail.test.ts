import test from 'ava'
import { readConfig } from '../../../src/config/read-config.ts'
import type { Examination } from '../../../src/maintenance/doctor/examination.ts'
import { MAIL_CHECKS } from '../../../src/maintenance/doctor/mail-check.ts'
import { createMailWorld, type MailWorld } from '../../support/mail-world.ts'

let world: MailWorld

test.before(async () => {
  world = await createMailWorld()
})
test.after.always(() => world.stop())

const examine = (env: Readonly<Record<string, string>>) => {
  const { config } = readConfig({
    WARDEN_PUBLIC_URL: 'https://registry.example.com',
    WARDEN_REGISTRY_URL: 'http://registry:5000',
    WARDEN_DB_PASSWORD: 'x',
    ...env,
  })
  return MAIL_CHECKS[0].run({ inside: { config } } as unknown as Examination)
}

test.serial('mail that nobody set is not looked at', async (t) => {
  t.is((await examine({})).state, 'skipped')
})

test.serial('a mail server that lets the service sign in is well, and gets no mail', async (t) => {
  await world.up()
  const { state, detail } = await examine(world.env())
  t.deepEqual([state, detail], ['ok', `localhost:${world.port} lets the service sign in`])
  t.is(world.taken.length, 0)
})

test.serial(
  'a wrong password, a server that is away and an unknown authority are faults',
  async (t) => {
    await world.up({ password: 'another' })
    const wrong = await examine(world.env())
    t.is(wrong.state, 'fault')
    t.regex(wrong.detail, /refuses the user or the password/)
    t.false(JSON.stringify(wrong).includes(world.password))
    const { WARDEN_MAIL_CA: _, ...env } = world.env()
    t.is((await examine(env)).state, 'fault')
    await world.down()
    t.regex((await examine(world.env())).detail, /cannot be reached/)
  },
)
