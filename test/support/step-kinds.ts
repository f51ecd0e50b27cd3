import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { defineJobKind, JobStopped } from '../../src/jobs/types.ts'

/** `steps`: writes a row for each step, once whoever does it; may be cut off between any two. */
export const stepKind = (worker: string, tell: (text: string) => void, pauseMs = 0) =>
  defineJobKind({
    payload: z.strictObject({ steps: z.int() }),
    run: async ({ id, payload: { steps }, ...job }) => {
      tell('begun')
      for (let step = 1; step <= steps; step++) {
        job.checkLease()
        await job.inLease((transaction) =>
          transaction('effects').insert({ job_id: id, step, worker }).onConflict().ignore(),
        )
        job.progress(step, steps)
        job.tell(`step ${step} of ${steps} by ${worker}`)
        tell(`step ${step}`)
        if (pauseMs > 0) await sleep(pauseMs, undefined, { signal: job.signal })
      }
    },
  })

const reasonOf = (error: unknown): string =>
  error instanceof JobStopped ? error.why : `something else: ${String(error)}`

/** `doze`: does nothing until its process was stopped and goes on; then tries to change something. */
export const dozeKind = (worker: string, tell: (text: string) => void) =>
  defineJobKind({
    payload: z.strictObject({}),
    run: async ({ id, signal, checkLease, inLease }) => {
      signal.addEventListener('abort', () => tell(`signal: ${reasonOf(signal.reason)}`))
      let lookedAtMs = performance.now()
      tell('begun')
      const write = () =>
        inLease((transaction) => transaction('effects').insert({ job_id: id, step: 1, worker }))
      if (worker === 'second') return void (await write())
      // The process was asleep where a short pause took a second.
      for (;;) {
        await sleep(20)
        if (performance.now() - lookedAtMs > 1000) break
        lookedAtMs = performance.now()
      }
      try {
        checkLease()
        tell('checkLease: held')
      } catch (error) {
        tell(`checkLease: ${reasonOf(error)}`)
      }
      await write().then(
        () => tell('inLease: written'),
        (error: unknown) => tell(`inLease: ${reasonOf(error)}`),
      )
    },
  })
