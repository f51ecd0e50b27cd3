import test from 'ava'
import { ABSENT, createModel, type Intent, type Model, type Pending } from './model.ts'

const PLACE = { repository: 'acme/app', tag: 'v1' }

/** A model whose clock is set by hand. */
function createTimed() {
  let nowMs = 0
  const model = createModel(() => nowMs)
  const at = <T>(ms: number, act: () => T): T => {
    nowMs = ms
    return act()
  }
  return {
    model,
    at,
    begin: (ms: number, intent: Omit<Intent, 'what'>): Pending =>
      at(ms, () => model.begin(PLACE, { ...intent, what: 'test' })),
  }
}

const atEnd = (model: Model): readonly string[] =>
  [...model.allowed(PLACE, 1_000_000, 1_000_000)].toSorted()

test('what was never written is absent', (t) => {
  t.deepEqual(atEnd(createModel()), [ABSENT])
})

test('a write that was acknowledged is what is there, whatever was before', (t) => {
  const { model, at, begin } = createTimed()
  const first = begin(10, { value: 'one' })
  at(20, () => first.done())
  t.deepEqual(atEnd(model), ['one'])
  const second = begin(30, { value: ABSENT })
  at(40, () => second.done())
  t.deepEqual(atEnd(model), [ABSENT])
})

test('of two that overlap either may be the last', (t) => {
  const { model, at, begin } = createTimed()
  const [first, second] = [begin(10, { value: 'one' }), begin(15, { value: 'two' })]
  at(20, () => first.done())
  at(30, () => second.done())
  t.deepEqual(atEnd(model), ['one', 'two'])
})

test('what was not answered may be there or not, until something comes long after it', (t) => {
  const { model, at, begin } = createTimed()
  const first = begin(10, { value: 'one' })
  at(20, () => first.unknown())
  t.deepEqual(atEnd(model), [ABSENT, 'one'])
  const second = begin(20_000, { value: 'two' })
  at(20_010, () => second.done())
  t.deepEqual(atEnd(model), ['one', 'two'])
  const third = begin(40_000, { value: 'three' })
  at(40_010, () => third.done())
  t.deepEqual(atEnd(model), ['three'])
})

test('what was not answered is told of, what was is not', (t) => {
  const { model, at, begin } = createTimed()
  const first = begin(10, { value: 'one' })
  t.true(model.isOpen(PLACE.repository))
  at(20, () => first.done())
  t.false(model.isOpen(PLACE.repository))
  const second = begin(30, { value: 'two' })
  at(40, () => second.unknown())
  t.true(model.isOpen(PLACE.repository))
})

test('what was refused leaves no trace', (t) => {
  const { model, at, begin } = createTimed()
  const first = begin(10, { value: 'one' })
  at(20, () => first.undone())
  t.deepEqual(atEnd(model), [ABSENT])
})

test('what is deleted from one digest leaves another one that was pushed meanwhile', (t) => {
  const { model, at, begin } = createTimed()
  const first = begin(10, { value: 'one' })
  at(20, () => first.done())
  const removal = begin(30, { value: ABSENT, from: 'one' })
  const second = begin(40, { value: 'two' })
  at(50, () => second.done())
  at(60, () => removal.done())
  t.deepEqual(atEnd(model), ['two'])
})

test('what is deleted from the digest that is pushed again meanwhile may be there or not', (t) => {
  const { model, at, begin } = createTimed()
  const first = begin(10, { value: 'one' })
  at(20, () => first.done())
  const removal = begin(30, { value: ABSENT, from: 'one' })
  const again = begin(40, { value: 'one' })
  at(50, () => again.done())
  at(60, () => removal.done())
  t.deepEqual(atEnd(model), [ABSENT, 'one'])
})

test('a read sees what was there when it began, or what came while it went on', (t) => {
  const { model, at, begin } = createTimed()
  const first = begin(10, { value: 'one' })
  at(20, () => first.done())
  const second = begin(30, { value: 'two' })
  at(50, () => second.done())
  t.deepEqual([...model.allowed(PLACE, 22, 25)], ['one'])
  t.deepEqual([...model.allowed(PLACE, 35, 40)].toSorted(), ['one', 'two'])
  t.deepEqual([...model.allowed(PLACE, 60, 70)], ['two'])
})

test('the end of a digest says of a tag only that it is not on that', (t) => {
  const { model, at, begin } = createTimed()
  const first = begin(10, { value: 'one' })
  const second = begin(10, { value: 'two' })
  at(20, () => first.done())
  at(20, () => second.done())
  const removal = begin(30, { value: ABSENT, from: 'one', isOfDigest: true })
  at(40, () => removal.done())
  t.deepEqual(atEnd(model), [ABSENT, 'two'])
})
