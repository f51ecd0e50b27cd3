import test from 'ava'
import { readIssuers } from '../../../src/config/issuer-list.ts'
import { toClaims } from '../../../src/signin/oidc/to-claims.ts'

/** What is taken of a token with these claims, by an issuer with these names for them. */
function read(payload: object, claims: object = {}) {
  const entry = { name: 'corp', issuer: 'https://sso.example.com', audiences: ['registry'], claims }
  const reading = readIssuers(JSON.stringify([entry]))
  const [issuer] = 'issuers' in reading ? reading.issuers : []
  if (issuer === undefined) throw new Error('no issuer')
  return toClaims(issuer, { sub: 'one', iat: 1, exp: 2, ...payload })
}

const MAIL = 'boss@corp.test'

for (const verified of [false, 'false', 'FALSE', 0, null]) {
  const payload = { email: MAIL, preferred_username: 'mila', email_verified: verified }
  test(`R8: an address that is said to be verified ${JSON.stringify(verified)} is nobody's, and names nobody`, (t) => {
    t.like(read(payload), { email: undefined, username: 'mila' })
    t.like(read(payload, { username: 'email' }), { email: undefined, username: undefined })
    const upn = { username: 'upn', email: 'upn' }
    t.like(read({ ...payload, upn: MAIL }, upn), { email: undefined, username: undefined })
  })
}

for (const verified of [true, 'true', undefined]) {
  const payload = { email: MAIL, email_verified: verified }
  test(`an address is taken where its proof is ${JSON.stringify(verified) ?? 'not spoken of'}`, (t) => {
    t.like(read(payload, { username: 'email' }), { email: MAIL, username: MAIL })
  })
}

test('a claim is found by its own name, then by its way, and never in what all objects have', (t) => {
  const groups = (payload: object, path: string) => read(payload, { groups: path }).groups
  t.deepEqual(groups({ 'realm.roles': ['own'], realm: { roles: ['nested'] } }, 'realm.roles'), [
    'own',
  ])
  t.deepEqual(groups({ realm: { roles: ['nested'] } }, 'realm.roles'), ['nested'])
  t.deepEqual(groups({ realm: 'roles' }, 'realm.length'), [])
  t.deepEqual(groups({}, 'constructor.name'), [])
  t.deepEqual(groups({}, '__proto__'), [])
  t.deepEqual(groups({ groups: [['nested'], { a: 1 }, 7, null, '', 'good'] }, 'groups'), ['good'])
})
