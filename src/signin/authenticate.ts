import type { Authenticate, BasicCredentials } from '../http/caller.ts'
import { ANONYMOUS, type Subject } from '../protocol/subject.ts'
import { recognizePassword, type SignInDeps, signInWithPassword } from './password.ts'

/** Makes the one function that all requests prove themselves by: no credentials, no identity. */
export const createAuthenticate =
  (deps: SignInDeps): Authenticate =>
  async (credentials) =>
    credentials === undefined ? ANONYMOUS : signInWithPassword(deps, credentials)

/** Tells who asks from memory alone, at once; undefined when that takes more. */
export type Recognize = (credentials: BasicCredentials | undefined) => Subject | undefined

export const createRecognize =
  (deps: SignInDeps): Recognize =>
  (credentials) =>
    credentials === undefined ? ANONYMOUS : recognizePassword(deps, credentials)
