import type { Generator } from './generate.ts'
import type { Asked } from './token-oracle.ts'

/** A scope as text, and what it asks for where its form is surely good. */
export interface GeneratedScope {
  readonly text: string
  readonly asked: Asked | undefined
}

const LONGEST_NAME = 255

const NAMES = [
  ...['acme/app', 'acme/web', 'acme/web/api', 'acme/web/api/deep', 'acme/webshop', 'acme/tags'],
  ...[
    'acme/app/manifests',
    'acme/blobs/uploads',
    'acme-2/app',
    'acme',
    'app',
    'ubuntu',
    'library/app',
  ],
  ...['open/app', 'open/web/app', 'side/app', 'side/app/referrers', 'none/app', 'none/web/api'],
  ...['Acme/App', 'acme/App', 'host:5000/acme/app', 'acme//app', 'acme/../side/app', 'acme/a__b'],
  ...['__proto__', 'constructor', 'toString/app', 'a'.repeat(LONGEST_NAME), 'catalog'],
] as const

const ACTIONS = ['pull', 'push', 'delete', '*', 'paint', 'api', 'admin', 'pul', 'mount'] as const
const WORD = 'abcdefghijklmnopqrstuvwxyz0123456789'
const NASTY = ':,()*/.-_ +%&=#?;"\'\\<>\u0000\u0007\u001f\u007f\u00a0é漢\u202e💥\ud800ABC'

/** Of the form that is documented: `NAME` in src would be no judge of itself. */
const isPlainName = (name: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/.test(name) && /[A-Za-z0-9_]$/.test(name)

function generateName(from: Generator): string {
  if (!from.once(4)) return from.pick(NAMES)
  const segments = from.list(1, 5, () => from.text(1, 12, WORD))
  return segments.join(from.pick(['/', '/', '/', '--', '__']))
}

function generateGood(from: Generator): GeneratedScope {
  if (from.once(12)) {
    const actions = from.pick([['*'], ['pull'], ['*', 'pull'], []])
    const asked = { type: 'registry', name: 'catalog', actions }
    return { text: `registry:catalog:${actions.join(',')}`, asked }
  }
  const name = generateName(from)
  const type = from.once(20) ? from.pick(['cluster', 'registry', 'repo']) : 'repository'
  const shown = from.once(10) ? `${type}(${from.pick(['plugin', 'image'])})` : type
  const actions = from.list(0, 4, () => from.pick(ACTIONS))
  const text = `${shown}:${name}:${actions.join(',')}`
  return { text, asked: isPlainName(name) ? { type, name, actions } : undefined }
}

/** A good one with a letter or a piece put in, taken out or said twice. */
function generateNear(from: Generator): GeneratedScope {
  const { text } = generateGood(from)
  const at = from.integer(text.length + 1)
  const rest = from.once(2) ? at + from.integer(4) : at
  const piece = from.pick([
    '',
    from.text(1, 3, NASTY),
    from.text(1, 3, WORD),
    text.slice(at, at + 5),
    from.pick([':', '::', '/', ',', '*', '..', '%2F', '%00', '\t', '(', ')']),
  ])
  return { text: text.slice(0, at) + piece + text.slice(rest), asked: undefined }
}

const HOSTILE: readonly ((from: Generator) => string)[] = [
  (from) => from.text(0, 60, NASTY),
  (from) => from.text(0, 60, NASTY + WORD),
  (from) => ':'.repeat(from.integer(2000)),
  (from) => `repository:${'a/'.repeat(from.integer(600))}:pull`,
  (from) => `repository:${'a-'.repeat(from.integer(500))}!:pull`,
  (from) => `repository:${'a'.repeat(250 + from.integer(12))}:pull`,
  (from) => `repository:acme/app:${'pull,'.repeat(from.integer(250))}pull`,
  (from) => `repository:acme/app:${'a'.repeat(from.integer(1200))}`,
  (from) => `repository(${'('.repeat(from.integer(50))}:acme/app:pull`,
  (from) =>
    `${from.pick(['REPOSITORY', 'Repository', ' repository', '', 'repository '])}:acme/app:push`,
  () => 'repository:acme/app\u0000:push',
  () => 'repository:acme/app:push\r\nX-Evil: 1',
  () => '["repository:acme/app:push"]',
  () => "repository:acme/app' OR '1'='1:push",
  () => '{"type":"repository","name":"acme/app","actions":["push"]}',
  (from) => from.pick(['__proto__', 'constructor:prototype:pull', 'repository:__proto__:*']),
]

/** Good, nearly good and hostile ones, a third each or so. */
export function generateScope(from: Generator): GeneratedScope {
  const kind = from.integer(10)
  if (kind < 5) return generateGood(from)
  if (kind < 8) return generateNear(from)
  return { text: from.pick(HOSTILE)(from), asked: undefined }
}

export const generateGoodScope = (from: Generator): GeneratedScope => {
  const scope = generateGood(from)
  return scope.asked === undefined ? generateGoodScope(from) : scope
}
