import { createHash, randomBytes } from 'node:crypto'

const BYTES = 32
const TOKEN = /^[A-Za-z0-9_-]{43}$/

/** 256 random bits: nobody guesses one, so a fast hash is enough (decision 4). */
export const createResetToken = (): string => randomBytes(BYTES).toString('base64url')

/** @returns undefined for what cannot be one */
export const hashResetToken = (token: string): string | undefined =>
  TOKEN.test(token) ? createHash('sha256').update(token).digest('hex') : undefined
