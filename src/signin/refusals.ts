import { AppError } from '../errors.ts'

/** One answer, whether the name, the password or the secret is not there or not right. */
export const wrongPassword = (): AppError =>
  new AppError('UNAUTHORIZED', { detail: 'the user name or the password is wrong' })

/** One answer for every Bearer that proves nothing: whose it might be, and what is wrong with it, is not told. */
export const unknownBearer = (): AppError =>
  new AppError('UNAUTHORIZED', {
    detail:
      'the Bearer is neither an access token of this service nor a token that it takes of an issuer; registry tokens open nothing here',
  })

/** Told to whoever has proved to be the account's owner, and to nobody else. */
export const disabledAccount = (username: string): AppError =>
  new AppError('UNAUTHORIZED', {
    detail: `the account ${username} is disabled; ask an administrator`,
  })
