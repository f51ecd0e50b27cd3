import type { Database } from '../database/open-database.ts'
import { type Caller, type Origin, requirePresent } from '../http/caller.ts'
import { actorName, onBehalfOf, type Subject } from '../protocol/subject.ts'
import { insertAudit, insertAuditRows } from './queries.ts'
import type { Outcome } from './types.ts'

/** How an identity was proven. */
export type SignInWay =
  | 'password'
  | 'accessToken'
  | 'identityToken'
  | 'robot'
  | 'onBehalfOf'
  | 'ldap'
  | 'oidc'

/** What was done; the field's words, parted by a dot. */
export type AuditAction =
  | 'installation.create'
  | 'user.create'
  | 'user.update'
  | 'user.password'
  | 'user.delete'
  | 'user.register'
  | 'user.import'
  | 'user.meet'
  | 'user.follow'
  | 'user.leave'
  | 'user.link'
  | 'password-reset.request'
  | 'password-reset.done'
  | 'group.create'
  | 'group.update'
  | 'group.delete'
  | 'group.member.add'
  | 'group.member.remove'
  | 'settings.update'
  | 'job.cancel'
  | 'read-only.enable'
  | 'read-only.disable'
  | 'reconcile.start'
  | 'reconcile.brake.release'
  | 'gc.start'
  | 'gc.collect'
  | 'gc.open'
  | 'gc.release'
  | 'backup.create'
  | 'backup.restore'
  | 'restore.confirm'
  | 'authority.rotate.begin'
  | 'authority.rotate.switch'
  | 'authority.rotate.finish'
  | 'authority.rotate.cancel'
  | 'project.create'
  | 'project.create.forced'
  | 'project.update'
  | 'project.delete'
  | 'project.delete.forced'
  | 'immutable-tags.set'
  | 'quota.set'
  | 'member.set'
  | 'member.remove'
  | 'tag.delete'
  | 'tag.copy'
  | 'manifest.delete'
  | 'repository.delete'
  | 'removal.start'
  | 'removal.cancel'
  | 'retention.set'
  | 'retention.delete'
  | 'retention.run'
  | 'tag.restore'
  | 'access-token.create'
  | 'access-token.revoke'
  | 'identity-token.revoke'
  | 'robot.create'
  | 'robot.update'
  | 'robot.rotate'
  | 'robot.delete'
  | 'request.refuse'
  | 'record.overflow'
  | `signin.${SignInWay}`

export interface AuditEntry {
  readonly action: AuditAction
  /** What it was done to: a name, `project/username`, or `repository:tag`. */
  readonly target: string
  readonly project?: string
  readonly outcome: Outcome
}

/** Who did something, and for whom where a service acts for somebody (R12). */
export interface Actor {
  /** The row of a person; undefined for everybody else. */
  readonly actorId: number | undefined
  readonly actorName: string
  readonly onBehalfOf: string | undefined
}

/** As records name a subject: both are told where a robot acts for a user. */
export const actorOf = (subject: Subject): Actor => ({
  actorId: subject.kind === 'user' && subject.agent === undefined ? subject.id : undefined,
  actorName: actorName(subject) || 'anonymous',
  onBehalfOf: onBehalfOf(subject),
})

/** The same, and where the request came from: for what goes on after it has done its part. */
export const actorWithOrigin = ({
  subject,
  origin,
}: Caller): Actor & { readonly origin: Origin } => ({
  ...actorOf(subject),
  origin,
})

/**
 * Writes one audit row in the transaction of the change that it tells of, so that neither is there
 * without the other. Fields are these alone; bodies and secrets have no way in.
 *
 * @throws AppError REQUEST_INVALID (400) when the caller has left: the change is not made then
 */
export async function recordAudit(
  transaction: Database,
  caller: Caller,
  entry: AuditEntry,
): Promise<void> {
  requirePresent(caller)
  const { subject, origin } = caller
  await insertAudit(transaction, { ...entry, ...actorOf(subject), ...origin })
}

/** Who did something where no caller is at hand: this service itself, or who is only being met. */
type ActorAtHand = Pick<Actor, 'actorName'> &
  Partial<Actor> & { readonly origin?: Origin | undefined }

/** An audit row for what is done outside of a request, for an earlier one, or before it has a caller. */
export const recordActorAudit = (
  transaction: Database,
  actor: ActorAtHand,
  entry: AuditEntry,
): Promise<void> => recordActorAudits(transaction, actor, [entry])

/** The same for what was done in one go, with as few statements as it takes. */
export async function recordActorAudits(
  transaction: Database,
  { origin, ...actor }: ActorAtHand,
  entries: readonly AuditEntry[],
): Promise<void> {
  const { actorId, actorName: name, onBehalfOf: forWhom } = actor
  const who = { actorId, actorName: name, onBehalfOf: forWhom }
  const rows = entries.map((entry) => ({ ...entry, ...who, ...origin }))
  await insertAuditRows(transaction, rows)
}
