import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import type { Database } from '../database/open-database.ts'
import { makeFolder, readIfPresent, readOrCreate } from '../signing/atomic-file.ts'
import { GENESIS, keyIdOf, proveHead } from './chain.ts'
import { findChainKeyId, insertChain } from './chain-queries.ts'

const KEY_BYTES = 32
const KEY = /^[0-9a-f]{64}$/

/** The key of the chain is not the one that the chain was made with; nothing can be sealed. */
export class AuditKeyError extends Error {
  override readonly name = 'AuditKeyError'
}

export interface AuditKeyDeps {
  readonly database: Database
  /** The key in hex, 0600; never in the database. */
  readonly path: string
}

function parseKey(text: string, path: string): Buffer {
  const hex = text.trim()
  if (KEY.test(hex)) return Buffer.from(hex, 'hex')
  throw new AuditKeyError(
    `the audit key in ${path} cannot be used: it is not 64 hex digits; restore it from a backup`,
  )
}

function requireSame(key: Buffer | undefined, id: string | undefined, path: string): Buffer {
  if (key !== undefined && keyIdOf(key) === id) return key
  const found = key === undefined ? 'is not there' : 'is another one'
  throw new AuditKeyError(
    `the audit key in ${path} ${found}; copy the file from another replica or from a backup`,
  )
}

/** @throws AuditKeyError when it is not there, or not the one that the chain was made with */
export async function readAuditKey({ database, path }: AuditKeyDeps): Promise<Buffer> {
  const text = await readIfPresent(path)
  const key = text === undefined ? undefined : parseKey(text, path)
  return requireSame(key, await findChainKeyId(database), path)
}

/**
 * Reads the key, or makes it where there is no chain yet: the database takes the first one that it
 * is told of, as it does with the token authority.
 *
 * @throws AuditKeyError when the chain has another key than is here
 */
export async function openAuditKey(deps: AuditKeyDeps): Promise<Buffer> {
  const { database, path } = deps
  if ((await findChainKeyId(database)) !== undefined) return readAuditKey(deps)
  await makeFolder(dirname(path), 0o700)
  const make = (): string => `${randomBytes(KEY_BYTES).toString('hex')}\n`
  const key = parseKey(await readOrCreate({ path, mode: 0o600, make }), path)
  await insertChain(database, {
    keyId: keyIdOf(key),
    head: GENESIS,
    proof: proveHead(key, GENESIS),
  })
  return requireSame(key, await findChainKeyId(database), path)
}
