import { AppError } from '../errors.ts'

/** One answer, whether the name, the password or the secret is not there or not right. */
export const wrongPassword = (): AppError =>
  new AppError('UNAUTHORIZED', { detail: 'the user name or the password is wrong' })

/** Told to whoever has proved to be the account's owner, and to nobody else. */
export const disabledAccount = (username: string): AppError =>
  new AppError('UNAUTHORIZED', {
    detail: `the account ${username} is disabled; ask an administrator`,
  })
