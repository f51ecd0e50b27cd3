import test from 'ava'
import bcrypt from 'bcrypt'
import { faultOfImportedHash } from '../../src/accounts/hash-forms.ts'
import { createPasswordHasher } from '../../src/accounts/password-hash.ts'

const TAIL = 'N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'

for (const [hash, fault] of [
  [`$2y$05$${TAIL}`, undefined],
  [`$2a$12$${TAIL}`, undefined],
  [`$2b$04$${TAIL}`, undefined],
  [`$2b$13$${TAIL}`, /cost 13/],
  [`$2b$31$${TAIL}`, /cost 31/],
  [`$2b$03$${TAIL}`, /cost 03|cost 3/],
  [`$2x$10$${TAIL}`, /not a whole one/],
  [`$2y$05$${TAIL.slice(1)}`, /not a whole one/],
  ['$apr1$abc$def', /apr1/],
  ['{SHA}abc=', /SHA-1/],
  ['$1$abc$def', /MD5 of crypt/],
  ['$5$abc$def', /SHA-2/],
  ['rqXexS6ZhobKA', /DES of crypt/],
  ['', /no form/],
  ['$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA', /no form/],
] as const) {
  test(`an imported ${hash.slice(0, 12)}… is ${fault ? 'refused' : 'taken'}`, (t) => {
    const found = faultOfImportedHash(hash)
    if (fault === undefined) t.is(found, undefined)
    else t.regex(found ?? '', fault)
  })
}

for (const mark of ['2a', '2b', '2y']) {
  test(`R17: a $${mark}$ hash is verified in the same queue as all others`, async (t) => {
    const stored = (await bcrypt.hash('green-harbour-22', 4)).replace('$2b$', `$${mark}$`)
    const { verify } = createPasswordHasher({ concurrency: 1, queueLimit: 64 })
    const here = { address: '198.51.100.7', familiarAccount: undefined }
    t.true(await verify(stored, 'green-harbour-22', here))
    t.false(await verify(stored, 'green-harbour-23', here))
    const asked = Array.from({ length: 6 }, () => verify(stored, 'wrong-wrong', here))
    const refused = (await Promise.allSettled(asked)).filter(({ status }) => status === 'rejected')
    t.is(refused.length, 1)
  })
}
