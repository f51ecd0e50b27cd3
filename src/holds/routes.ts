import { z } from 'zod'
import type { Config } from '../config/read-config.ts'
import { AppError } from '../errors.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { requireSystem } from '../projects/require-permission.ts'
import { findReadOnly } from './queries.ts'
import { type ReadOnlyDeps, setReadOnly } from './read-only.ts'
import type { Hold } from './types.ts'

const MOST_CHARACTERS = 400
/** A terminal shows it, and in a header of nginx's it has one line. */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u

export interface ReadOnlyRoutesDeps extends ReadOnlyDeps {
  readonly config: Pick<Config, 'door'>
}

const stateSchema = z
  .object({
    enabled: z.boolean(),
    reason: z.string().nullable(),
    since: z.iso.datetime().nullable(),
    enforcedBy: z.enum(['door', 'tokens']),
  })
  .meta({ id: 'ReadOnly' })

const changeSchema = z.strictObject({
  enabled: z.boolean(),
  reason: z
    .string()
    .min(1)
    .max(MOST_CHARACTERS)
    .refine((text) => !UNSAFE.test(text) && text.trim() !== '', 'must be one line of plain text')
    .optional(),
})

/** Without the door, tokens lose their push and delete. */
const present = (hold: Hold | undefined, { door }: ReadOnlyRoutesDeps['config']) => ({
  enabled: hold !== undefined,
  reason: hold?.reason ?? null,
  since: hold?.takenAt.toISOString() ?? null,
  enforcedBy: door === 'required' ? 'door' : 'tokens',
})

const answers = {
  200: { description: 'Whether the registry is read-only', schema: stateSchema },
}

const readRoute = ({ database, config }: ReadOnlyRoutesDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/maintenance/read-only',
    summary: 'Reads whether the registry takes no writes, why, and what sees to it',
    answers,
    handle: async ({ caller }) => {
      requireSystem(caller, 'settings:read')
      return { status: 200, body: present(await findReadOnly(database), config) }
    },
  })

const changeRoute = (deps: ReadOnlyRoutesDeps): Route =>
  defineRoute({
    method: 'put',
    path: '/maintenance/read-only',
    summary: 'Makes the registry read-only, with a reason for whoever pushes, or writable again',
    body: changeSchema,
    answers,
    handle: async ({ caller, body }) => {
      requireSystem(caller, 'settings:write')
      if (!body.enabled && body.reason !== undefined) {
        throw new AppError('REQUEST_INVALID', {
          detail: 'a reason belongs to a registry that becomes read-only; leave it out',
        })
      }
      return {
        status: 200,
        body: present(await setReadOnly(deps, { caller, change: body }), deps.config),
      }
    },
  })

/** Read-only mode, below `/maintenance`. */
export const createReadOnlyRoutes = (deps: ReadOnlyRoutesDeps): readonly Route[] => [
  readRoute(deps),
  changeRoute(deps),
]
