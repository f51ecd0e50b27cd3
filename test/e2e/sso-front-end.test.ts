import { join } from 'node:path'
import test from 'ava'
import { type Browser, chromium, type Page } from 'playwright-core'
import { findCommand } from '../../src/stack/commands.ts'
import { type Dockerd, startDockerd } from '../support/dockerd.ts'
import { type FrontEnd, startFrontEnd } from '../support/front-end.ts'
import { type Idp, startIdp } from '../support/idp.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import { type Person, startTestStack, type TestStack } from '../support/stack.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const obstacle = findObstacle(
  ['chromium', 'docker', 'dockerd', 'docker-registry', 'mariadbd', 'nginx'],
  { asRoot: true },
)
const declare = testUnless(obstacle)
const dir = makeTemporaryDir()
/** A key that is new to the service is looked for within ten seconds. */
const NEW_KEY_MS = 20_000
let frontEnd: FrontEnd
let idp: Idp
let stack: TestStack
let engine: Dockerd
let browser: Browser
let page: Page

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

async function must(method: string, path: string, json: unknown): Promise<void> {
  const { status, text } = await stack.api(method, path, { json })
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`)
}

test.before(async () => {
  if (obstacle !== undefined) return
  frontEnd = await startFrontEnd()
  idp = await startIdp({
    people: { olga: { preferred_username: 'olga', name: 'Olga O.', groups: ['devs'] } },
    redirectUri: `${frontEnd.origin}/`,
  })
  const issuers = [{ name: 'corp', issuer: idp.issuer, audiences: [idp.audience] }]
  stack = await startTestStack({
    WARDEN_OIDC_ISSUERS: JSON.stringify(issuers),
    WARDEN_CORS_ORIGINS: frontEnd.origin,
  })
  frontEnd.show({ issuer: idp.issuer, api: `${stack.url}/api/v1` })
  engine = await startDockerd(join(dir, 'engine'))
  await engine.importImage(`${stack.address}/acme/app:v1`, 'acme')
  await must('POST', '/projects', { name: 'acme', visibility: 'private' })
  await must('POST', '/groups', { name: 'corp:devs' })
  await must('PUT', '/projects/acme/members/groups/corp:devs', { role: 'developer' })
  const executablePath = findCommand('chromium', process.env)
  browser = await chromium.launch({ args: FLAGS, ...(executablePath && { executablePath }) })
  page = await browser.newPage()
})

test.after.always(async () => {
  await browser?.close()
  await engine?.stop()
  await stack?.remove()
  await idp?.remove()
  await frontEnd?.close()
  removeDir(dir)
})

/** Signs in at the provider by its own form, and comes back to the page. */
async function signIn(username: string): Promise<void> {
  await page.goto(`${frontEnd.origin}/`)
  await page.click('#sign-in')
  await page.fill('input[name=login]', username)
  await page.fill('input[name=password]', 'any')
  await page.click('button[type=submit]')
  await page.waitForURL(`${frontEnd.origin}/`)
}

/** Who the page says that one is, and the access token that it made. */
async function readPerson(): Promise<Person> {
  const deadline = performance.now() + NEW_KEY_MS
  while ((await page.textContent('#username')) === '') {
    const error = await page.textContent('#error')
    if (performance.now() > deadline) throw new Error(`the page says: ${error}`)
    // A person would do so, too.
    if (error !== '') await page.click('#again')
    await page.waitForTimeout(500)
  }
  const [username, password] = [
    await page.textContent('#username'),
    await page.textContent('#secret'),
  ]
  return { username: username ?? '', password: password ?? '' }
}

const image = (): string => `${stack.address}/acme/app:v1`

declare('who signs in at the front end gets an access token that docker takes', async (t) => {
  await signIn('olga')
  const { username, password } = await readPerson()
  t.is(username, 'olga')
  const login = ['login', stack.address, '-u', username, '--password-stdin']
  const loggedIn = await engine.docker('olga', login, password)
  t.is(loggedIn.code, 0, loggedIn.output)
  const pushed = await engine.docker('olga', ['push', image()])
  t.is(pushed.code, 0, pushed.output)
})

declare('the provider changes its key: signing in goes on, and so does docker', async (t) => {
  await idp.rotate()
  await page.context().clearCookies()
  await signIn('olga')
  const { username, password } = await readPerson()
  await engine.docker('nobody', ['rmi', '--force', image()])
  const pulled = await engine.docker('olga', ['pull', image()])
  t.is(pulled.code, 0, pulled.output)
  const login = ['login', stack.address, '-u', username, '--password-stdin']
  const again = await engine.docker('laptop', login, password)
  t.is(again.code, 0, again.output)
})

declare('the provider is away: docker does not notice', async (t) => {
  await idp.stop()
  await engine.docker('nobody', ['rmi', '--force', image()])
  const pulled = await engine.docker('laptop', ['pull', image()])
  t.is(pulled.code, 0, pulled.output)
  const pushed = await engine.docker('laptop', ['push', image()])
  t.is(pushed.code, 0, pushed.output)
})

declare('R19: the same page on an origin that is not listed learns nothing', async (t) => {
  await page.goto(`${frontEnd.otherOrigin}/`)
  await page.click('#again')
  await page.waitForFunction("document.getElementById('error').textContent !== ''")
  t.regex((await page.textContent('#error')) ?? '', /Failed to fetch/)
})
