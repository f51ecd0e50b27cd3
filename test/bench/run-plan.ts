import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { Measured, Plan } from './open-loop.ts'

/** Sends a plan from a process of its own. @returns what it measured, when the whole plan is through */
export async function runPlan(plan: Plan): Promise<Measured> {
  const child = spawn(process.execPath, [resolve('dist/test/bench/open-loop.js')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify(plan))
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(child, 'close')
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Measured
}

/** Latency within which 99 of 100 answers came, in milliseconds. */
export const p99 = ({ latenciesMs }: Measured): number =>
  latenciesMs[Math.ceil(latenciesMs.length * 0.99) - 1] ?? Number.NaN
