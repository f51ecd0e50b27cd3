import test from 'ava'
import { openDatabase } from '../../src/database/open-database.ts'
import { AppError } from '../../src/errors.ts'
import { describeError } from '../../src/http/describe-error.ts'
import { createTestDatabase } from '../support/database.ts'

test('an error is told by its message, its code and the place in our code', (t) => {
  const described = describeError(Object.assign(new TypeError('it broke'), { code: 'E_BROKEN' }))
  t.like(described, { type: 'TypeError', message: 'it broke', code: 'E_BROKEN' })
  t.true(described.frames?.some((frame) => frame.includes('describe-error.test')))
})

test('the cause is told too, and fields that nobody chose are not', (t) => {
  const cause = Object.assign(new Error('inner'), { secret: 'canary' })
  const text = JSON.stringify(describeError(new AppError('INTERNAL', { cause })))
  t.true(text.includes('inner'))
  t.false(text.includes('canary'))
})

test('no value of a statement gets into the log with its error', async (t) => {
  const { config, drop } = await createTestDatabase({ empty: true })
  const database = openDatabase(config, { warn: () => undefined, error: () => undefined })
  await database.raw('CREATE TABLE kept (secret VARCHAR(40) PRIMARY KEY, at DATETIME)')
  await database('kept').insert({ secret: 'canary-hash' })
  const errors = await Promise.all([
    t.throwsAsync(database('kept').insert({ secret: 'canary-hash' })),
    t.throwsAsync(database('kept').insert({ secret: 'x', at: 'canary-date' })),
    t.throwsAsync(database('no_such').insert({ secret: 'canary-hash' })),
  ])
  for (const error of errors) {
    const text = JSON.stringify(describeError(error))
    t.true(text.includes('the database refused a statement'))
    t.regex(text, /"errno":\d+/)
    t.false(text.includes('canary'))
  }
  await database.destroy()
  await drop()
})
