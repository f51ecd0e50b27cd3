import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'
import { AppError } from '../errors.ts'

const CIPHER = 'aes-256-ctr'
const IV_BYTES = 16

/**
 * Hides the name where a list goes on: it may be of a repository that the caller may not even know.
 * The same name gives the same text, on every replica.
 */
export interface NameSeal {
  readonly seal: (name: string) => string
  /** @throws AppError REQUEST_INVALID (400) when the text is not one that was sealed here */
  readonly open: (text: string) => string
}

/** @param secret what all replicas share and no caller knows; the keys are derived from it */
export function createNameSeal(secret: string): NameSeal {
  const derive = (use: string): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, '', `registry-warden repository cursor ${use}`, 32))
  const [cipherKey, ivKey] = [derive('cipher'), derive('iv')]
  const seal = (name: string): string => {
    const iv = createHmac('sha256', ivKey).update(name).digest().subarray(0, IV_BYTES)
    const cipher = createCipheriv(CIPHER, cipherKey, iv)
    return Buffer.concat([iv, cipher.update(name), cipher.final()]).toString('base64url')
  }
  const open = (text: string): string => {
    const sealed = Buffer.from(text, 'base64url')
    const iv = sealed.subarray(0, IV_BYTES)
    if (iv.length === IV_BYTES) {
      const decipher = createDecipheriv(CIPHER, cipherKey, iv)
      const name = decipher.update(sealed.subarray(IV_BYTES)).toString('utf8')
      if (seal(name) === text) return name
    }
    throw new AppError('REQUEST_INVALID', {
      detail: 'the cursor is not one that this list gave out; begin again without it',
      faults: [{ pointer: 'cursor', detail: 'is not known' }],
    })
  }
  return { seal, open }
}
