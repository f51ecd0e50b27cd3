import type { Authenticate } from '../http/caller.ts'
import { ANONYMOUS } from '../protocol/subject.ts'
import { type SignInDeps, signInWithPassword } from './password.ts'

/** Makes the one function that all requests prove themselves by: no credentials, no identity. */
export const createAuthenticate =
  (deps: SignInDeps): Authenticate =>
  async (credentials) =>
    credentials === undefined ? ANONYMOUS : signInWithPassword(deps, credentials)
