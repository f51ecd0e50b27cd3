import { createHash, randomBytes } from 'node:crypto'

const BYTES = 32
const TOKEN = /^[A-Za-z0-9_-]{43}$/

/** 256 random bits: nobody guesses one, so a fast hash is enough (decision 4). */
export const createResetToken = (): string => randomBytes(BYTES).toString('base64url')

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** @returns undefined for what cannot be one */
export const hashResetToken = (token: string): string | undefined =>
  TOKEN.test(token) ? sha256(token) : undefined

/** By which a link knows the address that it was mailed to. */
export const hashAddress = (email: string): string => sha256(email)
