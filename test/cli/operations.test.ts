import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test from 'ava'
import { OPERATIONS } from '../../src/client/generated.ts'

const CLI = resolve('src/cli')

/** What no verb asks for, and why. */
const WITHOUT_A_VERB: Readonly<Record<string, string>> = {
  getDocs: 'a page to read in a browser',
  getOpenapiJson: 'for programs that make a client of it',
  getSigninPasswordReset: 'the page that a mailed link opens',
  postSigninPasswordResetConfirm: 'the page asks for it, with the token of the link',
}

const source = readdirSync(CLI)
  .map((file) => readFileSync(join(CLI, file), 'utf8'))
  .join('\n')
const used = new Set(
  [...source.matchAll(/client\.(?:call|collect|list|stream)\(\s*'(\w+)'/g)].map(([, name]) => name),
)

test('every operation of the API is used by a verb, or there is a reason that none does', (t) => {
  const left = Object.keys(OPERATIONS).filter((name) => !used.has(name))
  t.deepEqual(left, Object.keys(WITHOUT_A_VERB))
})
