import test from 'ava'
import { AppError } from '../../src/errors.ts'
import { underHold } from '../../src/removal/under-hold.ts'

const createHold = () => {
  const told: string[] = []
  return {
    told,
    hold: { release: async () => void told.push('released') },
  }
}

const failing = (error: Error) => async (): Promise<never> => {
  throw error
}

test('a hold is given back when all is done, and when something was refused', async (t) => {
  const done = createHold()
  t.is(await underHold(done.hold, async () => 7), 7)
  t.deepEqual(done.told, ['released'])
  const refused = createHold()
  const work = failing(new AppError('CONFLICT', { detail: 'no' }))
  await t.throwsAsync(underHold(refused.hold, work), { message: 'no' })
  t.deepEqual(refused.told, ['released'])
})

for (const error of [
  new AppError('UNAVAILABLE', { detail: 'silence' }),
  new AppError('REGISTRY_FAILED', { detail: '500' }),
  new Error('the process is at its end'),
]) {
  test(`R21: a registry that may still be at it keeps the hold: ${error.message}`, async (t) => {
    const { hold, told } = createHold()
    await t.throwsAsync(underHold(hold, failing(error)))
    t.deepEqual(told, [])
  })
}

test('R21: so does a result that is not all known', async (t) => {
  const { hold, told } = createHold()
  await underHold(
    hold,
    async () => 'some',
    () => false,
  )
  t.deepEqual(told, [])
})
