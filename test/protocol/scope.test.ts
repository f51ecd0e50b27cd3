import test from 'ava'
import { parseScope, parseScopes } from '../../src/protocol/scope.ts'

for (const [text, access] of [
  ['repository:acme/app:pull', { type: 'repository', name: 'acme/app', actions: ['pull'] }],
  [
    'repository:acme/app:push,pull',
    { type: 'repository', name: 'acme/app', actions: ['push', 'pull'] },
  ],
  ['repository:acme/app:pull,pull', { type: 'repository', name: 'acme/app', actions: ['pull'] }],
  ['repository:acme/app:*', { type: 'repository', name: 'acme/app', actions: ['*'] }],
  ['repository:acme/app:', { type: 'repository', name: 'acme/app', actions: [] }],
  [
    'repository:host:5000/acme/app:pull',
    { type: 'repository', name: 'host:5000/acme/app', actions: ['pull'] },
  ],
  [
    'repository(plugin):acme/app:pull',
    { type: 'repository', class: 'plugin', name: 'acme/app', actions: ['pull'] },
  ],
  ['registry:catalog:*', { type: 'registry', name: 'catalog', actions: ['*'] }],
  ['repository:Acme/App:pull', { type: 'repository', name: 'Acme/App', actions: ['pull'] }],
] as const) {
  test(`parseScope reads ${text}`, (t) => {
    t.deepEqual(parseScope(text), { ...access, actions: [...access.actions] })
  })
}

for (const text of [
  '',
  'repository',
  'repository:acme',
  'repository::pull',
  ':acme/app:pull',
  'repository:acme/app:PULL',
  'repository:acme/app:pull,,push',
  'repository:acme app:pull',
  'repository:acme/app/:pull',
  'repository:../etc:pull',
  `repository:${'a'.repeat(1100)}:pull`,
]) {
  test(`parseScope refuses ${JSON.stringify(text.slice(0, 40))}`, (t) => {
    t.throws(() => parseScope(text), { name: 'AppError', code: 'SCOPE_INVALID' } as object)
  })
}

test('parseScopes merges repeated and space-separated scopes of one resource', (t) => {
  t.deepEqual(
    parseScopes(
      ['repository:acme/app:pull repository:lib/os:pull', 'repository:acme/app:push,pull'],
      25,
    ),
    [
      { type: 'repository', name: 'acme/app', actions: ['pull', 'push'] },
      { type: 'repository', name: 'lib/os', actions: ['pull'] },
    ],
  )
})

test('parseScopes refuses more scopes than the cap and says how many', (t) => {
  const values = Array.from({ length: 26 }, (_, index) => `repository:acme/a${index}:pull`)
  const error = t.throws(() => parseScopes(values, 25))
  t.is(error.message, 'the request has 26 scopes; at most 25 are taken at once')
})
