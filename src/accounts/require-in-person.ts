import { AppError } from '../errors.ts'
import { robotBehind, type Subject, subjectName } from '../protocol/subject.ts'

/**
 * Roles, members and robots are changed by people themselves: what a service does on behalf of
 * somebody, or with a token that it made so, must not last longer than its own right (R12).
 *
 * @throws AppError DENIED (403)
 */
export function requireInPerson(subject: Subject): void {
  if (robotBehind(subject) === undefined) return
  throw new AppError('DENIED', {
    detail: `no service changes roles, members or robots on behalf of ${subjectName(subject)}, nor with a token that it made so; sign in yourself`,
  })
}
