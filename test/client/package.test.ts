import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { ADMIN, type Service, startService } from '../support/service.ts'

const run = promisify(execFile)
let service: Service

test.before(async () => {
  service = await startService({ registryUrl: 'http://127.0.0.1:9' })
})
test.after.always(() => service.stop())

/** A program elsewhere that has the package installed as `npm install FOLDER` does. */
function createProgram(t: ExecutionContext, name: string, text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'warden-program-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  mkdirSync(join(dir, 'node_modules'))
  symlinkSync(resolve('.'), join(dir, 'node_modules', 'registry-warden'))
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}')
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

/** The program that docs/api.md shows. */
function readExample(): string {
  const section = readFileSync('docs/api.md', 'utf8').split('## A client in TypeScript')[1] ?? ''
  return /```js\n([\s\S]*?)```/.exec(section)?.[1] ?? ''
}

test('the program in docs/api.md works as it stands, in plain Node.js', async (t) => {
  const env = { API_URL: service.url, API_USER: ADMIN.username, API_PASSWORD: ADMIN.password }
  const program = createProgram(t, 'program.js', readExample())
  const { stdout, stderr } = await run(process.execPath, [program], { env })
  t.is(stderr, '')
  t.is(stdout, 'made shop private\nrefused 412 PRECONDITION_FAILED\npublic shop\n')
})

const TYPED = `
import { createClient, type Schemas } from 'registry-warden/client'
const client = createClient({ url: 'https://registry.example.com' })
const { data } = await client.call('getUsersByUsername', { params: { username: 'ann' } })
const user: Schemas['User'] = data
const role: 'administrator' | 'auditor' | null = user.systemRole
for await (const { name } of client.list('getProjects', { query: { sort: '-createdAt' } })) name.at(0)
const { items } = await client.collect('getUsers', { atMost: 1 })
// @ts-expect-error: there is no such operation
await client.call('getNothing')
// @ts-expect-error: it needs to know which
await client.call('getUsersByUsername')
// @ts-expect-error: nor is there such a field
await client.call('patchSettings', { body: { registryUrl: 'x' } })
// @ts-expect-error: this is no list
await client.collect('getMe')
export { items, role }
`

test('a program in TypeScript gets the types, and is told what is wrong', async (t) => {
  const program = createProgram(t, 'program.ts', TYPED)
  const compilerOptions = {
    noEmit: true,
    strict: true,
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023', 'dom'],
    types: [],
  }
  writeFileSync(join(dirname(program), 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  const args = [resolve('node_modules/typescript/bin/tsc'), '--project', dirname(program)]
  const done = await run(process.execPath, args).catch((error: { stdout: string }) => error)
  t.is(done.stdout, '')
})

test('nothing else of the package can be imported', async (t) => {
  const text = "await import('registry-warden/dist/src/client/node-client.js')"
  const program = createProgram(t, 'program.js', text)
  const error = await t.throwsAsync(run(process.execPath, [program]))
  t.regex(error?.message ?? '', /ERR_PACKAGE_PATH_NOT_EXPORTED/)
})
