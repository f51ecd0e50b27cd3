import { z } from 'zod'
import { refreshCaller } from '../../accounts/refresh-caller.ts'
import { findVersionedRobot } from '../../credentials/find-versioned-robot.ts'
import { presentedPermissions } from '../../credentials/permission-schema.ts'
import { parseRobotUsername } from '../../credentials/robot-name.ts'
import type { Database } from '../../database/open-database.ts'
import { AppError } from '../../errors.ts'
import type { Caller } from '../../http/caller.ts'
import {
  credentialEnd,
  permissionsForApi,
  type Subject,
  type UserSubject,
} from '../../protocol/subject.ts'
import { toSubject } from '../../signin/robot.ts'

const timeSchema = z.iso.datetime().transform((text) => new Date(text))

const userSchema = z.object({
  kind: z.literal('user'),
  id: z.int(),
  username: z.string(),
  systemRole: z.enum(['administrator', 'auditor']).optional(),
  systemRoleUntil: timeSchema.optional(),
  signInEpoch: z.int().optional(),
  credential: z
    .object({
      kind: z.enum(['accessToken', 'identityToken', 'onBehalfOf']),
      id: z.int(),
      permissions: presentedPermissions.optional(),
      expiresAt: timeSchema.optional(),
      madeByRobotId: z.int().optional(),
    })
    .optional(),
  agent: z.object({ id: z.int(), username: z.string() }).optional(),
})

const robotSchema = z.object({ kind: z.literal('robot'), id: z.int(), username: z.string() })

const askerSchema = z.discriminatedUnion('kind', [userSchema, robotSchema])

/** Who asked for work that goes on without them, as far as it takes to see what they may now. */
export type Asker = z.output<typeof askerSchema>

/** For a column; without any secret. */
export const writeAsker = (subject: Subject): string => JSON.stringify(subject)

/** @returns undefined where nobody is written down, or by another version */
export const readAsker = (text: string | null): Asker | undefined =>
  text === null ? undefined : askerSchema.safeParse(JSON.parse(text)).data

export interface RefreshAskerDeps {
  readonly database: Database
  readonly now: () => Date
}

/** Of no request any more: only the subject counts. */
const ORIGIN = { address: '', userAgent: undefined, requestId: '' }

const over = (detail: string): AppError => new AppError('UNAUTHORIZED', { detail })

async function refreshRobot(
  { database, now }: RefreshAskerDeps,
  { id, username }: Extract<Asker, { readonly kind: 'robot' }>,
): Promise<Caller> {
  const name = parseRobotUsername(username)
  const robot = name && (await findVersionedRobot(database, name)).value
  const isOver = robot?.expiresAt !== undefined && robot.expiresAt <= now()
  if (robot === undefined || robot.id !== id || robot.disabled || isOver) {
    throw over(`the robot ${username} may not sign in any more`)
  }
  const permissions = permissionsForApi(robot.permissions)
  return { subject: { ...toSubject(robot), permissions }, origin: ORIGIN }
}

/** What ends by time is compared at use (R3). */
function endLapsed(subject: UserSubject, now: Date): UserSubject {
  const end = credentialEnd(subject)
  if (end !== undefined && end <= now) {
    throw over(`what ${subject.username} signed in with ended at ${end.toISOString()}`)
  }
  const { systemRoleUntil: until } = subject
  const isLapsed = until !== undefined && until <= now
  return isLapsed ? { ...subject, systemRole: undefined, systemRoleUntil: undefined } : subject
}

/**
 * Who asked, as they are now: account, credential and robot are read again.
 *
 * @throws AppError UNAUTHORIZED (401) when they could not ask for it any more
 */
export async function refreshAsker(deps: RefreshAskerDeps, asker: Asker): Promise<Caller> {
  if (asker.kind === 'robot') return refreshRobot(deps, asker)
  const credential = asker.credential && {
    ...asker.credential,
    permissions: asker.credential.permissions,
    expiresAt: asker.credential.expiresAt,
  }
  const subject: UserSubject = { ...asker, systemRole: asker.systemRole, credential }
  const caller = await refreshCaller(deps.database, { subject, origin: ORIGIN })
  if (caller.subject.kind !== 'user') return caller
  return { ...caller, subject: endLapsed(caller.subject, deps.now()) }
}
