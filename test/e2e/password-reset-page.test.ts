import test from 'ava'
import { type Browser, chromium, type Page } from 'playwright-core'
import { findCommand } from '../../src/stack/commands.ts'
import { type ResetWorld, startResetWorld } from '../support/reset-world.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'

const declare = testUnless(findObstacle(['chromium'], { asRoot: false }))
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const PATH = '/api/v1/signin/password-reset'
const OLD = 'a-quiet-harbour-71'
const NEW = 'other-lights-ashore-52'

let world: ResetWorld
let browser: Browser | undefined
let made = 0

test.before(async () => {
  world = await startResetWorld()
})
test.after.always(async () => {
  await browser?.close()
  await world?.stop()
})

interface Visit {
  readonly page: Page
  /** What the page asked for, with its method. */
  readonly requests: readonly string[]
  /** What the browser complained of. */
  readonly complaints: readonly string[]
}

async function visit(url: string): Promise<Visit> {
  const executablePath = findCommand('chromium', process.env) ?? ''
  browser ??= await chromium.launch({ executablePath, args: FLAGS })
  const page = await browser.newPage()
  const requests: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => requests.push(`${request.method()} ${request.url()}`))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(url)
  return { page, requests, complaints }
}

async function addUser(): Promise<string> {
  const username = `person-${++made}`
  const json = { username, password: OLD, email: `${username}@example.com` }
  await world.service.admin('POST', '/api/v1/users', json)
  return username
}

async function fill(page: Page, first: string, second: string): Promise<void> {
  await page.getByLabel('New password').fill(first)
  await page.getByLabel('The same once more').fill(second)
  await page.getByRole('button').click()
}

const said = async (page: Page, text: string): Promise<void> =>
  page.getByRole('status').filter({ hasText: text }).waitFor({ timeout: 10_000 })

declare('R19: the page of a mailed link sets a password, under its own policy', async (t) => {
  const username = await addUser()
  const token = await world.mailTo(username)
  const { url } = world.service
  const { page, requests, complaints } = await visit(`${url}${PATH}#token=${token}`)
  t.is(page.url(), `${url}${PATH}`)
  await fill(page, NEW, `${NEW}x`)
  await said(page, 'The two are not the same.')
  await fill(page, 'password', 'password')
  await said(page, 'it is on a list of well-known passwords')
  await fill(page, NEW, NEW)
  await said(page, 'Your password is changed.')
  t.false(await page.getByLabel('New password').isVisible())
  t.true(await world.signsIn({ username, password: NEW }))
  t.deepEqual(requests, [
    `GET ${url}${PATH}`,
    `POST ${url}${PATH}/confirm`,
    `POST ${url}${PATH}/confirm`,
  ])
  // The refusal of the weak password is the only thing that the browser has to say.
  t.deepEqual(
    complaints.filter((text) => !/status of 400/.test(text)),
    [],
  )
  await page.goBack().catch(() => undefined)
  t.false(page.url().includes(token))
})

declare('the page says when a link does not work, and when there is none', async (t) => {
  const { url } = world.service
  const { page } = await visit(`${url}${PATH}#token=${'x'.repeat(43)}`)
  await fill(page, NEW, NEW)
  await said(page, 'this link does not work, or not any more')
  t.false(await page.getByLabel('New password').isVisible())
  const { page: bare } = await visit(`${url}${PATH}`)
  await said(bare, 'This page is opened by a link from a mail.')
  t.false(await bare.getByLabel('New password').isVisible())
})

declare('a link that is opened where the page stands already is taken, too', async (t) => {
  const username = await addUser()
  const token = await world.mailTo(username)
  const { page } = await visit(`${world.service.url}${PATH}`)
  await page.evaluate(`location.hash = 'token=${token}'`)
  await page.getByLabel('New password').waitFor()
  t.is(page.url(), `${world.service.url}${PATH}`)
  await fill(page, NEW, NEW)
  await said(page, 'Your password is changed.')
  t.true(await world.signsIn({ username, password: NEW }))
})

declare(
  'R19: the policy of the page lets no script run but its own, and nobody frame it',
  async (t) => {
    const { page, complaints } = await visit(`${world.service.url}${PATH}`)
    await page.addScriptTag({ content: 'globalThis.strange = 1' }).catch(() => undefined)
    t.is(await page.evaluate('globalThis.strange'), undefined)
    t.true(complaints.some((text) => /Content Security Policy/.test(text)))
    const { headers, body } = await world.service.request('GET', PATH)
    t.is(headers.get('x-content-type-options'), 'nosniff')
    t.is(headers.get('referrer-policy'), 'no-referrer')
    t.is(headers.get('cache-control'), 'no-store')
    t.regex(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
    t.notRegex(headers.get('content-security-policy') ?? '', /unsafe|https?:|\*/)
    t.notRegex(body, /https?:\/\//)
  },
)
