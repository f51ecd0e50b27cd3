import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { createHome, type Result } from './command.ts'

const MAIN = resolve('dist/src/main.js')
let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
})
test.after.always(() => service.stop())

async function wardenProcess(
  args: readonly string[],
  { env, stdin = '' }: { readonly env: NodeJS.ProcessEnv; readonly stdin?: string },
): Promise<Result> {
  const child = spawn(process.execPath, [MAIN, ...args], { env })
  child.stdin.end(stdin)
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ])
  return { code, stdout, stderr }
}

test('a script signs in, reads JSON, and sees by the exit code what went wrong', async (t) => {
  const { env, remove } = createHome()
  t.teardown(remove)
  const args = ['login', service.url, '--username', 'admin', '--password-stdin']
  t.is((await wardenProcess(args, { env, stdin: `${ADMIN.password}\n` })).code, 0)
  const list = await wardenProcess(['user', 'list', '--json'], { env })
  t.is(list.code, 0)
  t.is(list.stderr, '')
  t.is(JSON.parse(list.stdout).items[0].username, 'admin')
  const missing = await wardenProcess(['project', 'show', 'none'], { env })
  t.deepEqual(missing, { code: 3, stdout: '', stderr: 'there is no project none\n' })
})

test('a wrong command line ends with 2', async (t) => {
  const { env, remove } = createHome()
  t.teardown(remove)
  const { code, stdout, stderr } = await wardenProcess(['projet'], { env })
  t.is(code, 2)
  t.is(stdout, '')
  t.regex(stderr, /unknown command 'projet'\n\(Did you mean project\?\)/)
})

test('a reader that has enough, such as head, is no failure', async (t) => {
  const { env, remove } = createHome()
  t.teardown(remove)
  const child = spawn(process.execPath, [MAIN, 'member', 'set', '--help'], { env })
  child.stdout.destroy()
  const [stderr, [code]] = await Promise.all([
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ])
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' })
})
