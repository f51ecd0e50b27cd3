import test from 'ava'
import { authorize, authorizeSystem, type ProjectQuestion } from '../../src/projects/authorize.ts'
import type { ProjectPermission } from '../../src/projects/permissions.ts'
import { type Membership, ROLES, type Role, type Visibility } from '../../src/projects/types.ts'
import { ANONYMOUS, type Subject, type SystemRole } from '../../src/protocol/subject.ts'

const NOW = new Date('2026-01-01T00:00:00Z')
const LATER = new Date('2026-01-01T01:00:00Z')

const person = (systemRole?: SystemRole): Subject => ({
  kind: 'user',
  id: 7,
  username: 'alice',
  systemRole,
})

const membership = (role: Role, more: Partial<Membership> = {}): Membership => ({
  role,
  repositories: undefined,
  expiresAt: undefined,
  ...more,
})

const rights = (visibility: Visibility, ...memberships: readonly Membership[]) => ({
  project: { id: 1, name: 'acme', visibility, createdAt: NOW, updatedAt: NOW },
  memberships,
})

const ask = (question: Partial<ProjectQuestion>) =>
  authorize({
    subject: person(),
    rights: rights('private'),
    permission: 'repository:pull',
    repository: 'acme/app',
    now: NOW,
    ...question,
  })

const PERMISSIONS: readonly ProjectPermission[] = [
  'project:read',
  'repository:pull',
  'member:read',
  'repository:push',
  'repository:delete',
  'project:write',
  'member:write',
  'audit:read',
]

// One row a role, one column a permission in the order above.
const MATRIX: Readonly<Record<Role, string>> = {
  projectAdmin: 'yes yes yes yes yes yes yes yes',
  maintainer: 'yes yes yes yes yes no no no',
  developer: 'yes yes yes yes no no no no',
  guest: 'yes yes yes no no no no no',
  limitedGuest: 'yes yes no no no no no no',
}

for (const role of ROLES) {
  test(`a ${role} may do what Harbor's matrix gives and nothing else`, (t) => {
    const row = PERMISSIONS.map((permission) =>
      ask({ permission, rights: rights('private', membership(role)) }).allowed ? 'yes' : 'no',
    )
    t.is(row.join(' '), MATRIX[role])
  })
}

test('nobody may do anything in a private project without a membership', (t) => {
  const allowed = PERMISSIONS.filter((permission) => ask({ permission }).allowed)
  t.deepEqual(allowed, [])
})

test('anonymous may read and pull a public project, no more', (t) => {
  const allowed = PERMISSIONS.filter(
    (permission) => ask({ subject: ANONYMOUS, permission, rights: rights('public') }).allowed,
  )
  t.deepEqual(allowed, ['project:read', 'repository:pull'])
})

test('an administrator may do everything, but push nowhere where there is no project', (t) => {
  const subject = person('administrator')
  t.true(PERMISSIONS.every((permission) => ask({ subject, permission }).allowed))
  t.false(ask({ subject, permission: 'repository:push', rights: undefined }).allowed)
  t.true(ask({ subject, permission: 'repository:delete', rights: undefined }).allowed)
})

test('an auditor reads everything and changes nothing', (t) => {
  const allowed = PERMISSIONS.filter(
    (permission) => ask({ subject: person('auditor'), permission }).allowed,
  )
  t.deepEqual(allowed, ['project:read', 'repository:pull', 'member:read', 'audit:read'])
})

test('R3: a membership gives nothing from its very end on', (t) => {
  t.false(ask({ rights: rights('private', membership('guest', { expiresAt: NOW })) }).allowed)
  t.true(ask({ rights: rights('private', membership('guest', { expiresAt: LATER })) }).allowed)
})

test('R3: a decision tells when the last right that gives it ends', (t) => {
  const ending = membership('guest', { expiresAt: LATER })
  t.deepEqual(ask({ rights: rights('private', ending) }).until, LATER)
  t.is(ask({ rights: rights('private', ending, membership('guest')) }).until, undefined)
})

test('a narrowed membership reaches its repositories only', (t) => {
  const narrowed = rights('private', membership('developer', { repositories: ['team/**'] }))
  t.true(ask({ rights: narrowed, repository: 'acme/team/api' }).allowed)
  t.false(ask({ rights: narrowed, repository: 'acme/other' }).allowed)
})

test('a narrowed membership gives nothing over the project itself but to read it', (t) => {
  const narrowed = rights('private', membership('projectAdmin', { repositories: ['**'] }))
  const { repository: _, ...none } = { repository: undefined }
  const may = (permission: ProjectPermission) =>
    authorize({ subject: person(), rights: narrowed, permission, now: NOW, ...none }).allowed
  t.deepEqual(
    [may('project:read'), may('member:write'), may('project:write')],
    [true, false, false],
  )
})

test('memberships add up', (t) => {
  const both = rights(
    'private',
    membership('guest'),
    membership('developer', { repositories: ['app'] }),
  )
  t.true(ask({ rights: both, permission: 'repository:push' }).allowed)
  t.false(ask({ rights: both, permission: 'repository:push', repository: 'acme/x' }).allowed)
})

test('system permissions are for system roles alone', (t) => {
  const may = (subject: Subject) =>
    (['user:read', 'user:write', 'project:create', 'catalog:read', 'audit:read'] as const).map(
      (permission) => authorizeSystem(subject, permission).allowed,
    )
  t.deepEqual(may(person('administrator')), [true, true, true, true, true])
  t.deepEqual(may(person('auditor')), [true, false, false, true, true])
  t.deepEqual(may(person()), [false, false, false, false, false])
  t.deepEqual(may(ANONYMOUS), [false, false, false, false, false])
})
