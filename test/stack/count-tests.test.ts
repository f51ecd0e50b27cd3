import test from 'ava'
import { countTests } from '../support/count-tests.ts'

const OUTPUT = `
  ✔ token › good (12ms)
  ✔ [expected fail] token › known
  - [skip] token › left out
  ✘ [fail]: token › bad
  ─

  1 test failed
`

test('the lines of a run are counted, colours or not', (t) => {
  t.deepEqual(countTests(OUTPUT, 1), { passed: 2, failed: 1, skipped: 1 })
  t.deepEqual(countTests('\u001b[32m  ✔\u001b[39m a\n'.replace('  ', ''), 0).failed, 0)
})

test('a run that broke without a failed test counts as one', (t) => {
  t.deepEqual(countTests('  Uncaught exception in x.test.js\n', 1), {
    passed: 0,
    failed: 1,
    skipped: 0,
  })
})
