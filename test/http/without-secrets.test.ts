import test from 'ava'
import { z } from 'zod'
import { defineRoute, secretText } from '../../src/http/route.ts'
import { withoutSecrets } from '../../src/http/without-secrets.ts'

const route = defineRoute({
  method: 'post',
  path: '/robots',
  summary: 'Makes a robot',
  answers: {
    201: {
      description: 'The robot',
      schema: z.object({
        name: z.string(),
        key: secretText,
        keys: z.array(z.object({ id: z.int(), value: secretText })).readonly(),
      }),
    },
  },
  handle: async () => ({ status: 201 }),
})

test('R35: what a schema marks as secret is not kept, however deep it stands', (t) => {
  const answer = withoutSecrets(route, {
    status: 201,
    headers: { Location: '/robots/a' },
    body: { name: 'a', key: 's3cret', keys: [{ id: 1, value: 's3cret' }] },
  })
  t.deepEqual(answer, {
    status: 201,
    headers: { Location: '/robots/a' },
    body: { name: 'a', keys: [{ id: 1 }] },
  })
})

test('R35: the time of a secret is none, so a repeated answer has it', (t) => {
  const body = { previousSecretEndsAt: null, secret: 'x', passwordHash: 'x' }
  t.deepEqual(withoutSecrets(route, { status: 201, body }).body, { previousSecretEndsAt: null })
})

test('R35: what looks like a secret is not kept even where nobody marked it', (t) => {
  const body = { name: 'a', secret: 'x', clientSecret: 'x', token: 'x', password: 'x', tokens: 3 }
  t.deepEqual(withoutSecrets(route, { status: 201, body }).body, { name: 'a', tokens: 3 })
})
