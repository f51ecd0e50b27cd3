import test from 'ava'
import { AppError } from '../../src/errors.ts'
import { readReadiness } from '../../src/maintenance/readiness.ts'

const never = (): Promise<never> => new Promise(() => undefined)
const answering = async (): Promise<void> => undefined
const now = (): Date => new Date(0)
const signer = { leaf: () => ({ notAfter: new Date(1) }) }

type Deps = Parameters<typeof readReadiness>[0]

const read = ({
  ping = answering,
  query = answering,
}: {
  readonly ping?: (reading?: { readonly signal?: AbortSignal }) => Promise<void>
  readonly query?: () => Promise<void>
}) => {
  const database = { raw: () => ({ timeout: query }) }
  return readReadiness({ database, registry: { ping }, signer, now } as unknown as Deps)
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
  ])
  t.true(signals[0]?.aborted)
})

test('a hanging registry alone leaves the service degraded', async (t) => {
  t.is((await read({ ping: never })).status, 'degraded')
})

test('a reason tells its cause', async (t) => {
  const ping = async (): Promise<void> => {
    const cause = new Error('connect ECONNREFUSED 127.0.0.1:9')
    throw new AppError('UNAVAILABLE', { detail: 'the registry does not answer', cause })
  }
  const { parts } = await read({ ping })
  t.is(parts[2]?.reason, 'the registry does not answer (connect ECONNREFUSED 127.0.0.1:9)')
})
