import type { EventLoopUtilization } from 'node:perf_hooks'
import test from 'ava'
import { createTraffic } from '../../src/http/traffic.ts'

/** A thread that is so busy, on a clock of its own. */
function startThread(share: number) {
  const thread = { share, nowMs: 0, looks: 0 }
  const utilization = (): EventLoopUtilization => {
    thread.looks++
    return { idle: 0, active: 0, utilization: thread.share }
  }
  const traffic = createTraffic({ monotonicMs: () => thread.nowMs, utilization })
  return { thread, ...traffic }
}

const tell = (note: () => void, requests: number): void => {
  for (let sent = 0; sent < requests; sent++) note()
}

async function isHeld(work: Promise<void>): Promise<boolean> {
  const later = new Promise<'later'>((resolve) => setImmediate(() => resolve('later')))
  return (await Promise.race([work, later])) === 'later'
}

test('while little is asked nothing waits, however busy the thread is', async (t) => {
  const { giveWay, note } = startThread(1)
  tell(note, 19)
  t.false(await isHeld(giveWay()))
})

test('while the thread has room nothing waits, however much is asked', async (t) => {
  const { giveWay, note } = startThread(0.4)
  tell(note, 1000)
  t.false(await isHeld(giveWay()))
})

test('while much is asked of a busy thread work waits, until there is room', async (t) => {
  const { giveWay, note, thread } = startThread(0.9)
  tell(note, 20)
  const work = giveWay()
  t.true(await isHeld(work))
  thread.share = 0.1
  thread.nowMs += 10
  await t.notThrowsAsync(work)
})

test('work goes on after a tenth of a second, however busy the thread stays', async (t) => {
  const { giveWay, note, thread } = startThread(1)
  tell(note, 20)
  const work = giveWay()
  t.true(await isHeld(work))
  thread.nowMs += 100
  await t.notThrowsAsync(work)
})

test('what was asked two seconds ago is no traffic any more', async (t) => {
  const { giveWay, note, thread } = startThread(1)
  tell(note, 500)
  thread.nowMs += 2000
  t.false(await isHeld(giveWay()))
})
