import test from 'ava'
import { createPasswordHasher } from '../../src/accounts/password-hash.ts'

const PASSWORD = 'green-harbour-22'
const HERE = { address: '198.51.100.7', familiarAccount: undefined }

test('a hash is argon2id as OWASP has it, and proves its password alone', async (t) => {
  const { hash, verify } = createPasswordHasher({ concurrency: 2, queueLimit: 8 })
  const stored = await hash(PASSWORD, '198.51.100.7')
  t.regex(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  t.true(await verify(stored, PASSWORD, HERE))
  t.false(await verify(stored, 'green-harbour-23', HERE))
})

test('where there is no hash every password is wrong', async (t) => {
  const { verify } = createPasswordHasher({ concurrency: 2, queueLimit: 8 })
  t.false(await verify(undefined, PASSWORD, HERE))
  t.false(await verify(undefined, '', HERE))
})

test('R17: unknown names fill the same places as known ones', async (t) => {
  const stored = await createPasswordHasher({ concurrency: 1, queueLimit: 64 }).hash(PASSWORD)
  for (const hash of [stored, undefined]) {
    const { verify } = createPasswordHasher({ concurrency: 1, queueLimit: 64 })
    const asked = Array.from({ length: 6 }, () => verify(hash, 'wrong-wrong', HERE))
    const outcomes = await Promise.allSettled(asked)
    t.deepEqual(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 'refused')),
      [false, false, false, false, false, 'refused'],
    )
  }
})

test('R17: an account known in its network waits behind none of that network', async (t) => {
  const { hash, verify } = createPasswordHasher({ concurrency: 1, queueLimit: 64 })
  const stored = await hash(PASSWORD)
  const order: string[] = []
  const strangers = Array.from({ length: 5 }, () =>
    verify(stored, 'wrong-wrong', HERE).then(() => order.push('stranger')),
  )
  const known = verify(stored, PASSWORD, { ...HERE, familiarAccount: 7 }).then((isRight) =>
    order.push(isRight ? 'let in' : 'refused'),
  )
  await Promise.all([...strangers, known])
  t.deepEqual(order, ['stranger', 'let in', 'stranger', 'stranger', 'stranger', 'stranger'])
})

test('R17: new passwords have places of their own, more than four for one network', async (t) => {
  const { hash, verify } = createPasswordHasher({ concurrency: 1, queueLimit: 20 })
  const strangers = Array.from({ length: 5 }, () => verify(undefined, 'wrong-wrong', HERE))
  const made = Array.from({ length: 10 }, () => hash(PASSWORD, HERE.address))
  t.is((await Promise.all(made)).length, 10)
  await Promise.all(strangers)
})

test('R17: what a stranger chose is judged when its turn has come, and not at all without a place', async (t) => {
  const { hashForStranger } = createPasswordHasher({ concurrency: 1, queueLimit: 64 })
  let judged = 0
  const asked = Array.from({ length: 8 }, () =>
    hashForStranger(PASSWORD, HERE.address, () => {
      judged++
    }),
  )
  t.is(judged, 1)
  const outcomes = (await Promise.allSettled(asked)).map(({ status }) => status)
  t.deepEqual([outcomes.filter((status) => status === 'fulfilled').length, judged], [5, 5])
})
