import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'

const run = promisify(execFile)

const SCRIPT = `
import { readdirSync, readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { yieldToRequests } from '${resolve('dist/src/accounts/hash-priority.js')}'
await stat('.')
yieldToRequests(process.pid)
const niceOf = (thread) =>
  Number(readFileSync('/proc/self/task/' + thread + '/stat', 'utf8').split(') ')[1].split(' ')[16])
const threads = readdirSync('/proc/self/task').map(Number)
console.log(JSON.stringify(threads.map((thread) => [thread === process.pid, niceOf(thread)])))
`

test('R17: threads that hash have less priority than the one that answers requests', async (t) => {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', SCRIPT])
  const threads = JSON.parse(stdout) as readonly (readonly [boolean, number])[]
  const others = threads.filter(([isFirst]) => !isFirst)
  t.deepEqual(
    threads.find(([isFirst]) => isFirst),
    [true, 0],
  )
  t.true(others.length >= 4)
  t.deepEqual([...new Set(others.map(([, nice]) => nice))], [19])
})
