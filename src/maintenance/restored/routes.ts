import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import { type RestoreState, readRestoreState } from '../../images/restore-hold.ts'
import { type ConfirmRestoreDeps, confirmRestore } from './confirm-restore.ts'

const STATES = ['never', 'unreconciled', 'unconfirmed', 'confirmed'] as const

const restoreSchema = z
  .object({
    state: z.enum(STATES),
    backupAt: z.iso.datetime().nullable(),
    restoredAt: z.iso.datetime().nullable(),
    confirmedAt: z.iso.datetime().nullable(),
    confirmedBy: z.string().nullable(),
  })
  .meta({ id: 'Restore' })

function stateOf({ restore, isReconciled }: RestoreState): (typeof STATES)[number] {
  if (restore === undefined) return 'never'
  if (restore.confirmedAt !== undefined) return 'confirmed'
  return isReconciled ? 'unconfirmed' : 'unreconciled'
}

const present = (state: RestoreState): z.output<typeof restoreSchema> => ({
  state: stateOf(state),
  backupAt: state.restore?.backupAt.toISOString() ?? null,
  restoredAt: state.restore?.restoredAt.toISOString() ?? null,
  confirmedAt: state.restore?.confirmedAt?.toISOString() ?? null,
  confirmedBy: state.restore?.confirmedBy ?? null,
})

const answers = {
  200: { description: 'How this database stands to its backup', schema: restoreSchema },
}

const readRoute = ({ database, requireSystem }: ConfirmRestoreDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/maintenance/restore',
    summary: 'Reads whether the database came from a backup, and whether that is confirmed',
    answers,
    handle: async ({ caller }) => {
      requireSystem(caller, 'job:read')
      return { status: 200, body: present(await readRestoreState(database)) }
    },
  })

const confirmRoute = (deps: ConfirmRestoreDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/maintenance/restore/confirmation',
    summary: 'Confirms that a restored database fits the registry: what destroys goes on',
    body: z.strictObject({}),
    answers,
    handle: async ({ caller }) => {
      deps.requireSystem(caller, 'job:write')
      await confirmRestore(deps, caller)
      return { status: 200, body: present(await readRestoreState(deps.database)) }
    },
  })

export const createRestoreRoutes = (deps: ConfirmRestoreDeps): readonly Route[] => [
  readRoute(deps),
  confirmRoute(deps),
]
