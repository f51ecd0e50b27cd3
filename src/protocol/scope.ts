import { AppError } from '../errors.ts'

/** One resource with its actions: what a scope asks for, and one entry of a token's `access` claim. */
export interface Access {
  readonly type: string
  /** As in `repository(plugin)`: old clients say what kind of image it is. The registry ignores it. */
  readonly class?: string
  readonly name: string
  readonly actions: readonly string[]
}

const SCOPE_LENGTH = 1024
const NAME_LENGTH = 255
const TYPE = /^([a-z0-9]+)(?:\(([a-z0-9]+)\))?$/
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._:/-]*[A-Za-z0-9_])?$/
const ACTION = /^(?:[a-z]+|\*)$/

const invalid = (text: string, why: string): AppError =>
  new AppError('SCOPE_INVALID', {
    detail: `the scope ${JSON.stringify(text.slice(0, 120))} ${why}; write type:name:actions, such as repository:acme/app:pull,push`,
  })

/**
 * Reads one scope, such as `repository:acme/app:pull,push`.
 *
 * The name may hold colons itself (`host:5000/acme/app`), so the first colon ends the type and the
 * last one begins the actions. A class, as in `repository(plugin)`, is no part of the type: the
 * registry looks for the type alone.
 *
 * @param text one scope without spaces, at most 1024 characters, its name at most 255
 * @returns actions in order of appearance, each once, maybe none
 * @throws AppError SCOPE_INVALID (400)
 * @see https://distribution.github.io/distribution/spec/auth/scope/#resource-scope-grammar
 */
export function parseScope(text: string): Access {
  if (text.length > SCOPE_LENGTH) throw invalid(text, `is longer than ${SCOPE_LENGTH} characters`)
  const first = text.indexOf(':')
  const last = text.lastIndexOf(':')
  if (first === -1 || first === last) throw invalid(text, 'does not have three parts')
  const type = text.slice(0, first)
  const name = text.slice(first + 1, last)
  const actions = text.slice(last + 1)
  const [isType, plainType = '', className] = TYPE.exec(type) ?? []
  if (isType === undefined) throw invalid(text, 'has no valid type')
  if (name.length > NAME_LENGTH) {
    throw invalid(text, `has a name of more than ${NAME_LENGTH} characters`)
  }
  if (!NAME.test(name)) throw invalid(text, 'has no valid name')
  const list = actions === '' ? [] : actions.split(',')
  if (!list.every((action) => ACTION.test(action)))
    throw invalid(text, 'has an action that is not a word')
  const each = list.filter((action, at) => list.indexOf(action) === at)
  if (className === undefined) return { type: plainType, name, actions: each }
  return { type: plainType, class: className, name, actions: each }
}

/**
 * Reads the `scope` parameters of one request: repeated, or several in one value, parted by spaces.
 * Scopes of the same resource become one, because clients repeat a resource with fewer actions.
 *
 * @throws AppError SCOPE_INVALID (400) when one is broken or when there are more than `most`
 */
export function parseScopes(values: readonly string[], most: number): readonly Access[] {
  const texts = values.flatMap((value) =>
    value.includes(' ') ? value.split(' ').filter((text) => text !== '') : value || [],
  )
  if (texts.length > most) {
    throw new AppError('SCOPE_INVALID', {
      detail: `the request has ${texts.length} scopes; at most ${most} are taken at once`,
    })
  }
  const merged = new Map<string, Access>()
  for (const access of texts.map(parseScope)) {
    const key = `${access.type}:${access.name}`
    const before = merged.get(key)
    if (before === undefined) {
      merged.set(key, access)
      continue
    }
    const actions = new Set([...before.actions, ...access.actions])
    merged.set(key, { ...before, ...access, actions: [...actions] })
  }
  return [...merged.values()]
}
