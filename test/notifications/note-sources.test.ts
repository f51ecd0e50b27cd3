import test from 'ava'
import { createSourceNote } from '../../src/notifications/note-sources.ts'

const ADDRESS = 'registry:5000'

/** Notes by a clock of its own; `pass` lets time go by and does what is due then. */
function createNotes(isAway = (): boolean => false) {
  let nowMs = 5_000
  const written: [address: string, atMs: number][] = []
  const due: { readonly work: () => void; readonly atMs: number }[] = []
  const hear = createSourceNote({
    write: async (address) => {
      if (isAway()) throw new Error('the database is away')
      written.push([address, nowMs])
    },
    monotonicMs: () => nowMs,
    later: (work, afterMs) => due.push({ work, atMs: nowMs + afterMs }),
  })
  const pass = async (ms: number): Promise<void> => {
    const endMs = nowMs + ms
    const isDue = ({ atMs }: { atMs: number }): boolean => atMs <= endMs
    for (const { work, atMs } of due.filter(isDue)) {
      nowMs = atMs
      work()
    }
    due.splice(0, due.length, ...due.filter((one) => !isDue(one)))
    nowMs = endMs
    await Promise.resolve()
  }
  return { hear, pass, written }
}

test('the first word of a registry is written down at once', (t) => {
  const { hear, written } = createNotes()
  hear(ADDRESS)
  t.deepEqual(written, [[ADDRESS, 5_000]])
})

test('a word soon after another is written down when the second is over, though no more come', async (t) => {
  const { hear, pass, written } = createNotes()
  hear(ADDRESS)
  await pass(400)
  hear(ADDRESS)
  t.is(written.length, 1)
  await pass(600)
  t.deepEqual(written, [
    [ADDRESS, 5_000],
    [ADDRESS, 6_000],
  ])
})

test('many words in a second are written down twice', async (t) => {
  const { hear, pass, written } = createNotes()
  for (let count = 0; count < 100; count++) hear(ADDRESS)
  await pass(5_000)
  t.is(written.length, 2)
})

test('registries are written down each by itself', (t) => {
  const { hear, written } = createNotes()
  hear(ADDRESS)
  hear('registry-2:5000')
  t.deepEqual(
    written.map(([address]) => address),
    [ADDRESS, 'registry-2:5000'],
  )
})

test('what could not be written down is, with the next word', async (t) => {
  let isAway = true
  const { hear, pass, written } = createNotes(() => isAway)
  hear(ADDRESS)
  await pass(10)
  isAway = false
  hear(ADDRESS)
  t.deepEqual(written, [[ADDRESS, 5_010]])
})
