import test from 'ava'
import { AppError } from '../../src/errors.ts'
import { type Access, parseScope, parseScopes } from '../../src/protocol/scope.ts'
import { chooseSeed, createGenerator } from '../support/generate.ts'
import { generateScope } from '../support/generate-scopes.ts'

const INPUTS = 45_000
const MOST = 25

const present = ({ type, class: kind, name, actions }: Access): string =>
  `${kind === undefined ? type : `${type}(${kind})`}:${name}:${actions.join(',')}`

/** What is wrong with a parsed scope, in words; undefined when nothing is. */
function findFault(text: string, access: Access): string | undefined {
  const { type, name, actions } = access
  if (text.length > 1024 || name.length > 255) return 'longer than is taken'
  if (new Set(actions).size !== actions.length) return 'an action twice'
  if (!text.startsWith(type) || !text.includes(`:${name}:`)) return 'says what was not asked for'
  if (actions.some((action) => !text.slice(text.lastIndexOf(':')).includes(action))) {
    return 'an action that was not asked for'
  }
  if (JSON.stringify(parseScope(present(access))) !== JSON.stringify(access)) return 'no round trip'
  return undefined
}

/** @returns the fault of the answer to one text, or undefined */
function tryScope(text: string): string | undefined {
  try {
    return findFault(text, parseScope(text))
  } catch (error) {
    const isExpected = error instanceof AppError && error.code === 'SCOPE_INVALID'
    return isExpected && error.message.includes('scope') ? undefined : String(error)
  }
}

test(`the parser reads ${INPUTS} generated scopes, or says that the scope is wrong`, (t) => {
  const from = createGenerator(chooseSeed())
  const counts = { good: 0, read: 0 }
  for (let n = 0; n < INPUTS; n++) {
    const { text, asked } = generateScope(from)
    const fault = tryScope(text)
    if (fault !== undefined) {
      t.fail(`TEST_SEED=${from.seed}, input ${n}: ${JSON.stringify(text)}: ${fault}`)
      return
    }
    if (asked === undefined) continue
    counts.good++
    const { type, name, actions } = parseScope(text)
    const isAsRead = type === asked.type && name === asked.name
    if (isAsRead && `${actions}` === `${[...new Set(asked.actions)]}`) counts.read++
  }
  t.true(counts.good > INPUTS / 4, 'the generator makes too few good ones')
  t.is(counts.read, counts.good, `TEST_SEED=${from.seed}`)
})

test('lists of generated scopes are merged by resource, or refused for their number', (t) => {
  const from = createGenerator(chooseSeed())
  for (let n = 0; n < 3000; n++) {
    const texts = from.list(0, 30, () => generateScope(from).text)
    const note = `TEST_SEED=${from.seed}, input ${n}: ${JSON.stringify(texts)}`
    try {
      const found = parseScopes(texts, MOST)
      const keys = found.map(({ type, name }) => `${type}:${name}`)
      if (keys.length > MOST || new Set(keys).size !== keys.length) t.fail(note)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'SCOPE_INVALID') t.fail(note)
    }
  }
  t.pass()
})
