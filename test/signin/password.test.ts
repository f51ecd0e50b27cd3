import test from 'ava'
import { createCachedUsers } from '../../src/accounts/cached-users.ts'
import { createPasswordHasher } from '../../src/accounts/password-hash.ts'
import { createCredentials } from '../../src/credentials/credentials.ts'
import { readVersionNews } from '../../src/database/change-version.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { createVersionWatch } from '../../src/database/version-watch.ts'
import { createMetrics } from '../../src/metrics/create-metrics.ts'
import { createAuthenticate } from '../../src/signin/authenticate.ts'
import { createThrottle } from '../../src/signin/create-throttle.ts'
import { createFamiliarNetworks } from '../../src/signin/familiar-networks.ts'
import { createLookUp } from '../../src/signin/look-up.ts'
import { createProvenCache } from '../../src/signin/proven-cache.ts'
import { readAuthority } from '../../src/signing/token-authority.ts'
import { type Service, startService } from '../support/service.ts'

const PEOPLE = ['ann', 'dan'].map((username) => ({ username, password: `${username}s-own-pw-77` }))

const quiet = { warn: () => undefined, error: () => undefined }

const neverAsked = (): never => {
  throw new Error('a password is nothing for other sources')
}

const NO_OTHER_SOURCE = {
  ldap: undefined,
  log: { info: () => undefined, warn: () => undefined },
  bearers: { prove: neverAsked, stats: neverAsked },
  meetAccount: neverAsked,
}

/** What signing in takes: every statement and every slow hash, in their order of beginning. */
async function recordWork(service: Service) {
  const { config } = service
  // A pool of its own, which the service's work beside the sign-ins does not use.
  const database = openDatabase(service.databaseConfig, quiet)
  const done: string[] = []
  const watch = createVersionWatch({
    readNews: (since) => readVersionNews(service.watchDatabase, since),
    graceSeconds: 60,
    monotonicMs: () => performance.now(),
    now: () => new Date(),
  })
  const hasher = createPasswordHasher(config.hashing)
  const authority = await readAuthority(config.certs.authorityPath)
  if (authority === undefined) throw new Error('the service has no authority')
  const authenticate = createAuthenticate({
    database,
    watch,
    users: createCachedUsers({ database, watch, most: 100 }),
    ...createCredentials({ database, watch, most: 100, now: () => new Date() }),
    identityTokenSeconds: undefined,
    familiar: createFamiliarNetworks(),
    lookUp: createLookUp(),
    metrics: createMetrics(),
    ...NO_OTHER_SOURCE,
    proven: createProvenCache(100),
    hasher: {
      ...hasher,
      verify: (...input) => {
        done.push('slow hash')
        return hasher.verify(...input)
      },
    },
    throttle: createThrottle({ database, authority, config, now: () => new Date() }),
    now: () => new Date(),
  })
  const onQuery = ({ sql }: { readonly sql: string }): void => {
    // What runs behind a sign-in, whenever its time comes.
    if (!/^DELETE|^INSERT INTO sign_in_networks/.test(sql)) done.push(sql)
  }
  const attempt = async (username: string, secret: string) => {
    done.length = 0
    database.on('query', onQuery)
    const origin = { address: '203.0.113.9', userAgent: undefined, requestId: 'x' }
    const error = await authenticate({ username, secret }, origin).catch((thrown) => thrown)
    database.removeListener('query', onQuery)
    return { done: [...done], message: error.message }
  }
  return { attempt, close: () => database.destroy() }
}

test('R17: an unknown name, a wrong password and a disabled account take the same statements and one hash', async (t) => {
  const service = await startService({ registryUrl: 'http://127.0.0.1:9' })
  try {
    for (const user of PEOPLE) await service.admin('POST', '/api/v1/users', user)
    await service.admin('PATCH', '/api/v1/users/dan', { disabled: true })
    const { attempt, close } = await recordWork(service)
    const works = async (secret: string) => {
      const names = ['nobody', 'ann', 'dan', 'no name at all']
      const found = []
      for (const name of names) found.push(await attempt(name, secret))
      return found
    }
    // Known once in memory, too: a name that somebody has is no quicker for that.
    await attempt('ann', 'anns-own-pw-77')
    const [unknown, ...others] = await works('wrong-wrong-1')
    t.is(unknown?.message, 'the user name or the password is wrong')
    t.is(unknown?.done.filter((work) => work === 'slow hash').length, 1)
    t.is(unknown?.done.filter((work) => /^INSERT INTO sign_in_failures/.test(work)).length, 1)
    for (const other of others) t.deepEqual(other, unknown)
    const [again, ...othersAgain] = await works('wrong-wrong-1')
    t.is(again?.done.length, 2)
    for (const other of othersAgain) t.deepEqual(other, again)
    await close()
  } finally {
    await service.stop()
  }
})
