import test from 'ava'
import type { Freshness } from '../../src/database/version-watch.ts'
import { AppError } from '../../src/errors.ts'
import { readReadiness } from '../../src/maintenance/readiness.ts'

const never = (): Promise<never> => new Promise(() => undefined)
const answering = async (): Promise<void> => undefined
const now = (): Date => new Date(0)
const CURRENT = { freshness: () => 'fresh' as Freshness, lookAgain: answering }
const signer = { leaf: () => ({ notAfter: new Date(1) }) }

type Deps = Parameters<typeof readReadiness>[0]

const read = ({
  ping = answering,
  query = answering,
  watch = CURRENT,
  findStuckFence = () => undefined,
  findRestoreHold = async () => undefined,
}: {
  readonly ping?: (reading?: { readonly signal?: AbortSignal }) => Promise<void>
  readonly query?: () => Promise<void>
  readonly watch?: Deps['watch']
  readonly findStuckFence?: Deps['findStuckFence']
  readonly findRestoreHold?: Deps['findRestoreHold']
}) => {
  const database = { raw: () => ({ timeout: query }) }
  return readReadiness({
    database,
    watch,
    registry: { ping },
    signer,
    now,
    findStuckFence,
    findRestoreHold,
  } as unknown as Deps)
}

const late = 'it did not answer within 2 seconds'

test('a part that hangs is named after two seconds, and let go', async (t) => {
  const signals: (AbortSignal | undefined)[] = []
  const ping = (reading?: { readonly signal?: AbortSignal }): Promise<never> => {
    signals.push(reading?.signal)
    return never()
  }
  const { status, parts } = await read({ ping, query: never })
  t.is(status, 'unavailable')
  t.deepEqual(parts, [
    { name: 'database', ok: false, reason: late },
    { name: 'signing', ok: true },
    { name: 'registry', ok: false, reason: late },
    { name: 'collecting', ok: true },
    { name: 'restore', ok: true },
  ])
  t.true(signals[0]?.aborted)
})

test('a hanging registry alone leaves the service degraded', async (t) => {
  t.is((await read({ ping: never })).status, 'degraded')
})

test('a fence that nobody opens leaves the service degraded, and says why', async (t) => {
  const { status, parts } = await read({ findStuckFence: () => 'a collector has the lock' })
  t.is(status, 'degraded')
  t.deepEqual(parts[3], { name: 'collecting', ok: false, reason: 'a collector has the lock' })
})

test('R28: a restore that nobody has confirmed leaves the service degraded, and says why', async (t) => {
  const { status, parts } = await read({ findRestoreHold: async () => 'it was restored' })
  t.is(status, 'degraded')
  t.deepEqual(parts[4], { name: 'restore', ok: false, reason: 'it was restored' })
})

test('a reason tells its cause', async (t) => {
  const ping = async (): Promise<void> => {
    const cause = new Error('connect ECONNREFUSED 127.0.0.1:9')
    throw new AppError('UNAVAILABLE', { detail: 'the registry does not answer', cause })
  }
  const { parts } = await read({ ping })
  t.is(parts[2]?.reason, 'the registry does not answer (connect ECONNREFUSED 127.0.0.1:9)')
})

test('a database that is back is told ready when its change version is known again, which is looked at', async (t) => {
  const seen = { looks: 0 }
  const lookAgain = async (): Promise<void> => void seen.looks++
  const back = { freshness: (): Freshness => (seen.looks > 0 ? 'fresh' : 'grace'), lookAgain }
  t.is((await read({ watch: back })).status, 'ready')
  const { status, parts } = await read({
    watch: { freshness: () => 'grace', lookAgain: answering },
  })
  t.is(status, 'unavailable')
  t.is(parts[0]?.reason, 'the change version cannot be read')
})
