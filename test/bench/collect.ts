import { setTimeout as sleep } from 'node:timers/promises'
import type { TestStack } from '../support/stack.ts'
import type { Figure } from './figure.ts'

const GOAL_SECONDS = 20
const LOOK_EVERY_MS = 500
const LONGEST_MS = 300_000
const ENDED: readonly string[] = ['done', 'failed', 'cancelled']

/** Until the index may decide: it was compared with the registry, and has read what was pushed. */
async function start({ api }: TestStack): Promise<number> {
  const startedAtMs = performance.now()
  for (;;) {
    const { status, text } = await api('POST', '/maintenance/gc', { json: {} })
    if (status === 202) return JSON.parse(text).id
    if (performance.now() - startedAtMs > LONGEST_MS) throw new Error(text)
    await sleep(LOOK_EVERY_MS)
  }
}

async function waitForEnd({ api }: TestStack, id: number) {
  for (;;) {
    const { text } = await api('GET', `/maintenance/gc/runs/${id}`)
    const report = JSON.parse(text)
    if (report.state === 'done') return report
    if (ENDED.includes(report.state)) throw new Error(text)
    await sleep(LOOK_EVERY_MS)
  }
}

/** How long a collection with nothing to sweep holds writes. */
export async function benchCollect(
  stack: TestStack,
  say: (line: string) => void,
): Promise<readonly Figure[]> {
  say('garbage is collected twice, the second time with nothing to sweep …')
  await waitForEnd(stack, await start(stack))
  const { heldSeconds, blobs } = await waitForEnd(stack, await start(stack))
  return [
    {
      what: 'writes held by a collection with nothing to sweep',
      value: heldSeconds,
      unit: 's',
      against: `blobs swept, 0 expected: ${blobs}`,
      reference: GOAL_SECONDS,
      ratio: heldSeconds / GOAL_SECONDS,
      goal: {
        text: `<= ${GOAL_SECONDS} s`,
        isReached: heldSeconds <= GOAL_SECONDS && blobs === 0,
      },
    },
  ]
}
