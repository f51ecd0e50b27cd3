import test from 'ava'
import { createSigner, type Signer } from '../../src/signing/signer.ts'
import { preparePendingAuthority } from '../../src/signing/token-authority.ts'
import { createTokenVerifier } from '../../src/signing/verify-token.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const now = new Date('2026-03-01T12:00:00Z')
const seconds = now.getTime() / 1000
let clock = now
const CLAIMS = {
  iss: 'registry-warden',
  aud: 'registry-warden',
  sub: 'ann',
  exp: seconds + 300,
  nbf: seconds,
  access: [{ type: 'repository', name: 'acme/app', actions: ['pull', 'push'] }],
}
const dir = makeTemporaryDir()
let signer: Signer
let otherSigner: Signer
let verify: ReturnType<typeof createTokenVerifier>

test.before(async () => {
  const make = (name: string) =>
    preparePendingAuthority(
      { authorityPath: `${dir}/${name}/ca.pem`, bundlePath: `${dir}/${name}/ca.crt` },
      now,
    )
  const authority = await make('ours')
  const settings = { leafSeconds: 3600, now: () => now }
  signer = createSigner({ authority, ...settings })
  otherSigner = createSigner({ authority: await make('other'), ...settings })
  const names = { service: 'registry-warden', issuer: 'registry-warden' }
  verify = createTokenVerifier({ authority, ...names, now: () => clock })
})
test.after.always(() => removeDir(dir))

test('a token of ours is read', (t) => {
  t.deepEqual(verify(signer.signToken(CLAIMS)), CLAIMS)
})

for (const [what, change] of [
  ['ended 60 seconds ago', { exp: seconds - 60 }],
  ['begins in 60 seconds', { nbf: seconds + 60 }],
] as const) {
  test(`R15: a token that ${what} is one, as it is to the registry`, (t) => {
    t.is(verify(signer.signToken({ ...CLAIMS, ...change }))?.sub, 'ann')
  })
}

for (const [what, change] of [
  ['ended 61 seconds ago', { exp: seconds - 61 }],
  ['begins in 61 seconds', { nbf: seconds + 61 }],
  ['is for another service', { aud: 'other' }],
  ['is of another issuer', { iss: 'other' }],
  ['has a list of services', { aud: ['registry-warden'] }],
  ['has no end', { exp: undefined }],
] as const) {
  test(`a token that ${what} is none`, (t) => {
    t.is(verify(signer.signToken({ ...CLAIMS, ...change })), undefined)
  })
}

test.serial('R15: a token that was read once ends all the same', (t) => {
  const token = signer.signToken({ ...CLAIMS, exp: seconds + 1 })
  t.is(verify(token)?.sub, 'ann')
  clock = new Date(now.getTime() + 62_000)
  t.is(verify(token), undefined)
  clock = now
})

test('a token under another authority, a changed one, and nonsense are none', (t) => {
  t.is(verify(otherSigner.signToken(CLAIMS)), undefined)
  const [header, , signature] = signer.signToken(CLAIMS).split('.')
  const changed = Buffer.from(JSON.stringify({ ...CLAIMS, sub: 'eve' })).toString('base64url')
  t.is(verify(`${header}.${changed}.${signature}`), undefined)
  for (const text of ['', '.', '..', 'a.b.c', `${header}.${changed}.`, 'x'.repeat(40_000)]) {
    t.is(verify(text), undefined)
  }
})
