import test from 'ava'
import {
  coversPermissions,
  givesAction,
  givesProject,
  givesSystem,
} from '../../src/projects/credential-reach.ts'
import type { CredentialAction, CredentialPermission } from '../../src/protocol/subject.ts'

const permit = (
  pattern: string,
  ...actions: readonly CredentialAction[]
): CredentialPermission => ({
  repositories: [pattern],
  actions,
})

test('an action is given on the repositories that fit, and on no other', (t) => {
  const permissions = [permit('acme/web/**', 'pull')]
  t.true(givesAction(permissions, 'pull', 'acme/web/api'))
  t.false(givesAction(permissions, 'push', 'acme/web/api'))
  t.false(givesAction(permissions, 'pull', 'acme/webshop'))
  t.false(givesAction(permissions, 'pull', 'other/web/api'))
})

test('a name without a slash is reached by itself and as one of the project library', (t) => {
  t.true(givesAction([permit('ubuntu', 'pull')], 'pull', 'ubuntu'))
  t.true(givesAction([permit('library/**', 'pull')], 'pull', 'ubuntu'))
  t.false(givesAction([permit('acme/**', 'pull')], 'pull', 'ubuntu'))
})

test('R11: all of a project is not the repository of the same name in library', (t) => {
  const permissions = [permit('acme/**', 'pull', 'api')]
  t.true(givesAction(permissions, 'pull', 'acme/app'))
  t.false(givesAction(permissions, 'pull', 'acme'))
  t.true(givesAction([permit('**', 'pull')], 'pull', 'acme'))
  t.true(givesAction([permit('*', 'pull')], 'pull', 'acme'))
})

test('a project is read by who reaches some of it, and changed by who reaches all of it', (t) => {
  const some = [permit('acme/web/*', 'api')]
  t.true(givesProject(some, 'acme', true))
  t.false(givesProject(some, 'acme', false))
  t.false(givesProject(some, 'other', true))
  t.true(givesProject([permit('acme/**', 'api')], 'acme', false))
  t.true(givesProject([permit('**', 'api')], 'acme', false))
})

test('a single star is no project but library', (t) => {
  t.false(givesProject([permit('*', 'api')], 'acme', true))
  t.true(givesProject([permit('*', 'api')], 'library', true))
})

test('without the action api nothing of the API is given', (t) => {
  t.false(givesProject([permit('**', 'pull', 'push', 'delete')], 'acme', true))
  t.false(givesSystem([permit('**', 'pull', 'push', 'delete')]))
  t.false(givesSystem([permit('acme/**', 'api')]))
  t.true(givesSystem([permit('**', 'api')]))
})

const COVERED: readonly (readonly [string, string, boolean])[] = [
  ['**', '**', true],
  ['**', 'acme/*', true],
  ['acme/**', 'acme/web/**', true],
  ['acme/**', 'acme/web', true],
  ['acme/*', 'acme/web', true],
  ['acme/*', 'acme/w*', true],
  ['acme/w*', 'acme/*', false],
  ['acme/*', 'acme/**', false],
  ['acme/*', '**', false],
  ['acme/web', 'acme/*', false],
  ['acme/**', '**', false],
  ['acme/**', '*/web', false],
  ['acme/*/x', 'acme/**/x', false],
  ['acme/**/x', 'acme/a/**/b/x', true],
  ['acme/**', 'acme', false],
  ['**/**', 'acme', true],
  ['library/**', 'acme', true],
  ['library/**', '*', true],
  ['acme', 'acme', true],
  ['*', 'acme', true],
  ['acme', 'library/acme', false],
]

for (const [outer, inner, isCovered] of COVERED) {
  test(`R11: ${outer} ${isCovered ? 'covers' : 'does not cover'} ${inner}`, (t) => {
    t.is(coversPermissions([permit(outer, 'pull')], [permit(inner, 'pull')]), isCovered)
  })
}

test('R11: an action that is not held is not handed on', (t) => {
  t.false(coversPermissions([permit('**', 'pull')], [permit('acme/app', 'pull', 'push')]))
})

test('R11: what narrows nothing is handed on by who is not narrowed alone', (t) => {
  t.false(coversPermissions([permit('**', 'pull', 'push', 'delete', 'api')], undefined))
  t.true(coversPermissions(undefined, undefined))
  t.true(coversPermissions(undefined, [permit('**', 'api')]))
})
