import test from 'ava'
import { readImageConfig } from '../../src/images/image-config.ts'

const read = (config: object) => readImageConfig(Buffer.from(JSON.stringify(config)))

test('R33: of a long history the first 500 steps are looked at, and no others', (t) => {
  const steps = Array.from({ length: 500 }, (_, n) => ({ created_by: `step ${n}` }))
  const config = read({ history: [...steps, 'no step'] })
  t.is(config?.history.length, 500)
  t.is(config?.history.at(-1)?.createdBy, 'step 499')
})

test('R33: of many labels the first 200 are kept', (t) => {
  const labels = Array.from({ length: 300 }, (_, n) => [`label${n}`, String(n)])
  const kept = Object.entries(
    read({ config: { Labels: Object.fromEntries(labels) } })?.labels ?? {},
  )
  t.is(kept.length, 200)
  t.deepEqual(kept.at(-1), ['label199', '199'])
})

test('what is no label and no history is left out, and the rest is read', (t) => {
  const config = { os: 'linux', config: { Labels: { good: 'yes', bad: 7 } }, history: [7] }
  t.like(read(config), { os: 'linux', labels: { good: 'yes' }, history: [] })
  t.like(read({ os: 'linux', config: { Labels: ['a'] }, history: {} }), { os: 'linux', labels: {} })
  t.like(read({ os: 'linux', config: { Labels: null }, history: null }), { history: [] })
  t.is(read([]), undefined)
})
