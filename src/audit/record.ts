import type { Database } from '../database/open-database.ts'
import type { Caller } from '../http/caller.ts'
import { type Subject, subjectName } from '../protocol/subject.ts'
import { insertAudit } from './queries.ts'
import type { Outcome } from './types.ts'

/** How an identity was proven. */
export type SignInWay = 'password' | 'accessToken' | 'identityToken' | 'robot' | 'ldap' | 'oidc'

/** What was done; the field's words, parted by a dot. */
export type AuditAction =
  | 'installation.create'
  | 'user.create'
  | 'user.update'
  | 'user.password'
  | 'user.delete'
  | 'user.register'
  | 'user.import'
  | 'password-reset.request'
  | 'password-reset.done'
  | 'group.create'
  | 'group.update'
  | 'group.delete'
  | 'group.member.add'
  | 'group.member.remove'
  | 'settings.update'
  | 'job.cancel'
  | 'reconcile.start'
  | 'reconcile.brake.release'
  | 'project.create'
  | 'project.create.forced'
  | 'project.update'
  | 'project.delete'
  | 'project.delete.forced'
  | 'member.set'
  | 'member.remove'
  | 'tag.delete'
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

const actorOf = (subject: Subject): { readonly actorId?: number; readonly actorName: string } =>
  subject.kind === 'user'
    ? { actorId: subject.id, actorName: subjectName(subject) }
    : { actorName: subjectName(subject) || 'anonymous' }

/**
 * Writes one audit row in the transaction of the change that it tells of, so that neither is there
 * without the other. Fields are these alone; bodies and secrets have no way in.
 */
export async function recordAudit(
  transaction: Database,
  { subject, origin }: Caller,
  entry: AuditEntry,
): Promise<void> {
  await insertAudit(transaction, { ...entry, ...actorOf(subject), ...origin })
}

/** An audit row for what is done outside of a request: by this service itself, or for an earlier one. */
export async function recordActorAudit(
  transaction: Database,
  { actorId, actorName }: { readonly actorId?: number | undefined; readonly actorName: string },
  entry: AuditEntry,
): Promise<void> {
  await insertAudit(transaction, { ...entry, actorId, actorName })
}
