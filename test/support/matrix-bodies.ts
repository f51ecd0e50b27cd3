import { type Cell, NEW_PASSWORD } from './matrix-cell.ts'

const PULL = [{ repositories: '**', actions: ['pull'] }]
const PUSH = [{ repositories: '**', actions: ['pull', 'push'] }]
const askAbout = (repository: string) => ({
  subject: 'bob',
  scope: `repository:${repository}:pull`,
})

/** What is sent in the matrix, by method and route; `fresh` is a name that nothing has. */
export const BODIES: Readonly<Record<string, (cell: Cell, fresh: string) => unknown>> = {
  'put /me/password': ({ as }) => ({
    currentPassword: as?.password ?? 'none-at-all',
    newPassword: NEW_PASSWORD,
  }),
  'post /me/tokens': (_, name) => ({ name }),
  'post /me/tokens (narrow)': (_, name) => ({
    name,
    permissions: [{ repositories: 'acme/web/ui', actions: ['pull'] }],
  }),
  'post /users': (_, username) => ({ username, password: 'a-quiet-harbour-71' }),
  'patch /users/:username': () => ({ displayName: 'Somebody' }),
  'put /users/:username/identity': () => ({ source: 'local' }),
  'post /signin/password-reset': () => ({ username: 'dev' }),
  'post /signin/password-reset/confirm': () => ({
    token: 'x'.repeat(43),
    newPassword: NEW_PASSWORD,
  }),
  'post /groups': (_, name) => ({ name }),
  'patch /groups/:group': (_, description) => ({ description }),
  'put /groups/:group/members/:username': () => ({}),
  'patch /settings': () => ({ defaultQuotaBytes: 1_000_000_000_000 }),
  'post /projects': (_, name) => ({ name }),
  'patch /projects/:project': ({ path }) => ({
    visibility: path.endsWith('open') ? 'public' : 'private',
  }),
  'put /projects/:project/immutable-tags': () => ({
    rules: [{ repositories: 'none', tags: 'v*' }],
  }),
  'put /projects/:project/quota': () => ({ limitBytes: 1_000_000_000_000 }),
  'put /projects/:project/members/users/:username': () => ({ role: 'guest' }),
  'put /projects/:project/members/users/:username (developer)': () => ({ role: 'developer' }),
  'put /projects/:project/members/groups/:group': () => ({ role: 'guest' }),
  'post /projects/:project/robots': (_, name) => ({ name, permissions: PULL }),
  'post /projects/:project/robots (pushing)': (_, name) => ({ name, permissions: PUSH }),
  'patch /projects/:project/robots/:robot': (_, description) => ({ description }),
  'patch /projects/:project/robots/:robot (pushing)': () => ({ permissions: PUSH }),
  'post /projects/:project/robots/:robot/secret': () => ({ overlapSeconds: 0 }),
  'put /repositories/*name/tags/:tag': () => ({ from: { reference: 'v1' } }),
  'post /projects/:project/removals': () => ({ repositories: 'none' }),
  'post /projects/:project/removals (real)': () => ({ repositories: 'none', dryRun: false }),
  'post /projects/:project/removals/:id/cancel': () => ({}),
  'put /projects/:project/retention': () => ({ rules: [{ template: 'always' }] }),
  'post /projects/:project/retention/runs': () => ({ dryRun: true }),
  'post /projects/:project/retention/runs (real)': () => ({ dryRun: false }),
  'post /robots': (_, name) => ({ name, permissions: PULL }),
  'patch /robots/:robot': (_, description) => ({ description }),
  'post /robots/:robot/secret': () => ({ overlapSeconds: 0 }),
  'post /jobs/:id/cancel': () => ({}),
  'post /maintenance/reconcile': () => ({}),
  'post /maintenance/reconcile/brake': () => ({}),
  'post /maintenance/gc': () => ({}),
  'post /maintenance/gc/release': () => ({}),
  'put /maintenance/read-only': () => ({ enabled: false }),
  'post /maintenance/restore/confirmation': () => ({}),
  'post /explain': () => ({ scope: 'repository:acme/app:pull' }),
  'post /explain (bob-in-acme)': () => askAbout('acme/app'),
  'post /explain (bob-in-other)': () => askAbout('other/app'),
  'post /explain (bob-in-open)': () => askAbout('open/site'),
}
