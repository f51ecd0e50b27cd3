import test from 'ava'
import { requireFullSignIn } from '../../src/accounts/require-full-sign-in.ts'
import type { Subject } from '../../src/protocol/subject.ts'

const ANN = { kind: 'user', id: 7, username: 'ann', systemRole: 'administrator' } as const

test('R11: who signed in with a password may change passwords', (t) => {
  t.is(requireFullSignIn(ANN).username, 'ann')
})

test('R11: who signed in with a token, or is no person, may not, whatever their role', (t) => {
  const withToken = { ...ANN, credential: { kind: 'accessToken', id: 1 } } as unknown as Subject
  const robot = { ...ANN, kind: 'robot' } as unknown as Subject
  for (const subject of [withToken, robot]) {
    t.throws(() => requireFullSignIn(subject), { name: 'AppError', code: 'DENIED' })
  }
  t.throws(() => requireFullSignIn({ kind: 'anonymous' }), { code: 'UNAUTHORIZED' })
})
