import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test from 'ava'
import { parseEnvelope, type RegistryEvent } from '../../src/protocol/event.ts'

const DIR = resolve('test/protocol/events')

/** The envelopes of one captured file, as they were sent. */
const envelopes = (name: string): readonly string[] => {
  const captured = JSON.parse(readFileSync(join(DIR, `${name}.json`), 'utf8'))
  return [captured].flat().map(({ body }) => JSON.stringify(body))
}

const readOne = (name: string): RegistryEvent | undefined =>
  parseEnvelope(envelopes(name)[0] ?? '').events[0]

const PUSH = {
  action: 'push',
  content: 'manifest',
  repository: 'n/one',
  tag: 'v1',
  digest: 'sha256:daf3413ff710a715ca0012374c6091b1ae874e140a1dea462f1b4e325780309c',
  sizeBytes: 418,
  method: 'PUT',
  actor: 'alice',
  address: '127.0.0.1',
} as const

test('a push is read from both versions of the envelope alike', (t) => {
  t.like(readOne('2.8.2-push-manifest-PUT'), { ...PUSH, source: 'vm:5382' })
  t.like(readOne('3.1.1-push-manifest-PUT'), { ...PUSH, source: 'vm:5383' })
  t.is(readOne('2.8.2-push-manifest-PUT')?.id, '6b3ab403-dd09-49af-ad11-7dadfd58cca7')
  const { happenedAt } = readOne('3.1.1-push-manifest-PUT') ?? {}
  t.is(happenedAt?.toISOString(), '2026-11-20T17:23:39.019Z')
})

test('the deletion of a tag has no digest, that of a digest has no tag', (t) => {
  const none = { action: 'delete', repository: 'n/copy', sizeBytes: undefined } as const
  for (const line of ['2.8.2', '3.1.1']) {
    t.like(readOne(`${line}-delete-tag-DELETE`), { ...none, tag: 'v1', digest: undefined })
    t.like(readOne(`${line}-delete-digest-DELETE`), { ...none, tag: undefined, content: 'unknown' })
  }
})

test('blobs are told from manifests', (t) => {
  t.is(readOne('2.8.2-mount-blob-POST')?.content, 'blob')
  t.is(readOne('3.1.1-push-blob-PUT')?.sizeBytes, 116)
  t.is(readOne('2.8.2-push-index-PUT')?.content, 'manifest')
  t.is(readOne('2.8.2-pull-manifest-HEAD-dockerpull-unchanged')?.method, 'HEAD')
})

test('all that was captured can be read', (t) => {
  const names = readdirSync(DIR).map((file) => file.replace(/\.json$/, ''))
  const read = names.flatMap(envelopes).map(parseEnvelope)
  t.is(read.flatMap(({ events }) => events).length, 22)
  t.deepEqual(
    read.flatMap(({ unreadable }) => unreadable),
    [],
  )
})

const event = (change: object = {}, target: object = {}): object => ({
  id: 'an-id',
  action: 'push',
  target: { repository: 'acme/app', tag: 'v1', ...target },
  ...change,
})
const parse = (...events: readonly unknown[]) => parseEnvelope(JSON.stringify({ events }))

for (const text of ['', '[]', '{}', 'null', '{"events":7}', '{"events":[', '"events"']) {
  test(`${JSON.stringify(text)} is kept as unreadable`, (t) => {
    t.deepEqual(parseEnvelope(text), {
      events: [],
      unreadable: [{ reason: 'the body is no envelope of events', text }],
    })
  })
}

for (const [what, broken] of Object.entries({
  'without an id': event({ id: undefined }),
  'of an unknown action': event({ action: 'explode' }),
  'of no repository': event({}, { repository: undefined }),
  'of an upper-case repository': event({}, { repository: 'Acme/app' }),
  'of a tag that is a path': event({}, { tag: '../v1' }),
  'of a digest that is none': event({}, { digest: 'sha256:abc' }),
  'that is a text': 'event',
})) {
  test(`an event ${what} is kept, and its neighbours are read`, (t) => {
    const { events, unreadable } = parse(event({ id: 'first' }), broken, event({ id: 'last' }))
    t.deepEqual(
      events.map(({ id }) => id),
      ['first', 'last'],
    )
    t.is(unreadable.length, 1)
    t.is(unreadable[0]?.text, JSON.stringify(broken))
  })
}

test('what nobody would believe is left out', (t) => {
  const { events } = parse(
    event({ timestamp: 'yesterday', actor: { name: 'a\u0000b\u202e' } }, { size: 9e99 }),
    event({ timestamp: '+099999-01-01T00:00:00Z', request: null }, { size: -1, length: 0.5 }),
  )
  t.like(events[0], { happenedAt: undefined, actor: 'a?b?', sizeBytes: undefined, address: '' })
  t.like(events[1], { happenedAt: undefined, actor: '', sizeBytes: undefined })
})

for (const [given, address] of [
  ['10.0.0.7:41892', '10.0.0.7'],
  ['10.0.0.7', '10.0.0.7'],
  ['[fd00::7]:41892', 'fd00::7'],
  ['fd00::7', 'fd00::7'],
] as const) {
  test(`the client ${given} has the address ${address}`, (t) => {
    t.is(parse(event({ request: { addr: given } })).events[0]?.address, address)
  })
}

test('an envelope is read up to a thousand events, and an event kept up to 4000 characters', (t) => {
  const { events, unreadable } = parse(...Array.from({ length: 1500 }, () => event()), event())
  t.is(events.length, 1000)
  t.deepEqual(unreadable, [{ reason: '501 events more than one envelope may hold', text: '' }])
  t.is(parseEnvelope('x'.repeat(100_000)).unreadable[0]?.text.length, 4000)
})

test('an event that is nested too deeply to be written down is kept without its words', (t) => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  const { events, unreadable } = parseEnvelope(`{"events":[${deep}]}`)
  t.is(events.length, 0)
  t.is(unreadable.length, 1)
  t.is(unreadable[0]?.text, '')
})
