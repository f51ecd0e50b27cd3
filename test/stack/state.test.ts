import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { identifyProcess, isRunning } from '../../src/stack/process-identity.ts'
import {
  claimDir,
  judge,
  readState,
  type State,
  stopState,
  writeState,
} from '../../src/stack/state.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const dir = makeTemporaryDir()
test.after.always(() => removeDir(dir))

const sleeper = async () => {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
  await once(child, 'spawn')
  const identity = identifyProcess(child.pid ?? 0)
  if (identity === undefined) throw new Error('sleep did not start')
  return { child, identity, ended: once(child, 'exit') }
}

const run = {
  url: 'http://localhost:5000',
  wardenUrl: 'http://127.0.0.1:1',
  registryUrl: 'http://127.0.0.1:2',
  adminUser: 'admin',
  firstPasswordPath: '/nowhere',
}

const state = (more: Partial<State>): State => ({ format: 1, way: 'packages', parts: [], ...more })

test('a process is known by its start as well as by its pid', async (t) => {
  const { child, identity, ended } = await sleeper()
  t.true(isRunning(identity))
  t.false(isRunning({ ...identity, startedAt: 'another boot/17' }))
  child.kill('SIGKILL')
  await ended
  t.false(isRunning(identity))
})

test('--stop stops what was written down and never a stranger with the same pid', async (t) => {
  const [ours, stranger] = [await sleeper(), await sleeper()]
  const place = join(dir, 'stop')
  claimDir(place)
  const parts = [
    { name: 'ours', ...ours.identity },
    { name: 'stranger', ...stranger.identity, startedAt: 'another boot/17' },
  ]
  writeState(place, state({ run, parts }))
  t.deepEqual(await stopState(place, state({ run, parts })), ['ours'])
  t.false(isRunning(ours.identity))
  t.true(isRunning(stranger.identity))
  t.false(existsSync(join(place, 'state.json')))
  stranger.child.kill('SIGKILL')
})

test('of two that take a folder one gets it', (t) => {
  const place = join(dir, 'claim')
  claimDir(place)
  t.throws(() => claimDir(place), { name: 'StackError', message: /another quickstart is starting/ })
  t.is(judge(readState(place)), 'starting')
})

test('what runs in a folder is judged by what still lives', async (t) => {
  const { child, identity, ended } = await sleeper()
  const dead = { pid: identity.pid, startedAt: 'another boot/17' }
  const parts = [{ name: 'nginx', ...identity }]
  t.is(judge(undefined), 'free')
  t.is(judge(state({ keeper: identity })), 'starting')
  t.is(judge(state({ keeper: dead, parts })), 'leftovers')
  t.is(judge(state({ keeper: identity, run, parts })), 'running')
  t.is(judge(state({ keeper: dead, run, parts })), 'leftovers')
  t.is(judge(state({ run, parts })), 'running')
  t.is(judge(state({ run, parts: [...parts, { name: 'warden', ...dead }] })), 'leftovers')
  child.kill('SIGKILL')
  await ended
  t.is(judge(state({ run, parts })), 'leftovers')
})
