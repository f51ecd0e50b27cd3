import { recordActorAudit } from '../../audit/record.ts'
import type { Config } from '../../config/read-config.ts'
import { findInstallation, replaceFingerprint } from '../../database/installation.ts'
import type { Database } from '../../database/open-database.ts'
import { listReplicas } from '../../database/replicas.ts'
import {
  insertTrustedAuthority,
  listTrustedAuthorities,
  removeTrustedAuthority,
  type TrustedAuthority,
} from '../../database/token-authorities.ts'
import { inTransaction } from '../../database/transaction.ts'
import {
  discardPendingAuthority,
  preparePendingAuthority,
  promotePendingAuthority,
  readAuthority,
  readPendingAuthority,
  type TokenAuthority,
  writeBundle,
} from '../../signing/token-authority.ts'
import { requireTrusted } from './require-trusted.ts'

/** Every process knows of a new authority by then, or its database is away and it takes no writes. */
const KNOWN_AFTER_MS = 5000
/** What the registry allows beyond the end of a token. */
const LEEWAY_SECONDS = 60

export interface RotationDeps {
  readonly database: Database
  readonly config: Pick<Config, 'certs' | 'token' | 'registry'>
  readonly now: () => Date
}

/** A step that is not due; nothing was changed. */
export class RotationError extends Error {
  override readonly name = 'RotationError'
}

interface Authorities {
  readonly current: TokenAuthority
  readonly next: TrustedAuthority | undefined
  readonly old: TrustedAuthority | undefined
}

async function readAuthorities({ database, config }: RotationDeps): Promise<Authorities> {
  const installation = await findInstallation(database)
  const current = await readAuthority(config.certs.authorityPath)
  if (installation === undefined || current?.fingerprint !== installation.caFingerprint) {
    throw new RotationError(
      'the token authority here is not the one of the database; run this where the service has its keys',
    )
  }
  const others = await listTrustedAuthorities(database)
  return {
    current,
    next: others.find(({ state }) => state === 'next'),
    old: others.find(({ state }) => state === 'old'),
  }
}

const record = (transaction: Database, step: RotationStep, target: string): Promise<void> =>
  recordActorAudit(
    transaction,
    { actorName: 'warden$system' },
    { action: `authority.rotate.${step}`, target, outcome: 'done' },
  )

export type RotationStep = 'begin' | 'switch' | 'finish' | 'cancel'

/** Makes the next authority, and lets the bundle have both. Said again, it writes the bundle again. */
export async function beginRotation(deps: RotationDeps): Promise<string> {
  const { database, config, now } = deps
  const { current, next, old } = await readAuthorities(deps)
  if (old !== undefined) throw new RotationError('the last rotation is not over; finish it first')
  const made = await preparePendingAuthority(config.certs, now())
  if (next !== undefined && next.fingerprint !== made.fingerprint) {
    throw new RotationError(
      'the next authority was made on another machine; copy its ca.pem.new here, or cancel there',
    )
  }
  const { fingerprint } = made
  const certificate = made.certificate.toString()
  if (next === undefined) {
    await inTransaction(database, async (transaction) => {
      await insertTrustedAuthority(transaction, { fingerprint, certificate, state: 'next' })
      await record(transaction, 'begin', fingerprint)
    })
  }
  await writeBundle(config.certs, [current.certificate.toString(), certificate])
  return fingerprint
}

function requireNext({ next }: Authorities): TrustedAuthority {
  if (next !== undefined) return next
  throw new RotationError('no rotation was begun; begin with: warden keys rotate-ca begin')
}

/** Brings the next authority into force, once the registry has shown that it trusts it. */
export async function switchAuthority(deps: RotationDeps): Promise<string> {
  const { database, config, now } = deps
  const authorities = await readAuthorities(deps)
  const next = requireNext(authorities)
  const pending = await readPendingAuthority(config.certs)
  if (pending?.fingerprint !== next.fingerprint) {
    throw new RotationError(
      `the key of the next authority is not in ${config.certs.authorityPath}.new; copy it from where the rotation was begun`,
    )
  }
  if (now().getTime() - next.changedAt.getTime() < KNOWN_AFTER_MS) {
    throw new RotationError(
      'the other processes do not know the next authority yet; wait 5 seconds',
    )
  }
  await requireTrusted(deps, pending)
  const { fingerprint, certificate } = authorities.current
  await inTransaction(database, async (transaction) => {
    const before = fingerprint
    if (!(await replaceFingerprint(transaction, { before, after: next.fingerprint }))) {
      throw new RotationError('another process has changed the authority meanwhile; look again')
    }
    await removeTrustedAuthority(transaction, next.fingerprint)
    const old = { fingerprint, certificate: certificate.toString(), state: 'old' } as const
    await insertTrustedAuthority(transaction, old)
    await record(transaction, 'switch', next.fingerprint)
  })
  await promotePendingAuthority(config.certs, { fingerprint: next.fingerprint, now: now() })
  return next.fingerprint
}

async function requireUnused(
  { database, config, now }: RotationDeps,
  { changedAt }: TrustedAuthority,
): Promise<void> {
  const before = (await listReplicas(database)).filter(({ startedAt }) => startedAt < changedAt)
  if (before.length > 0) {
    throw new RotationError(
      `${before.length} processes still sign under the old authority; restart them, or wait a minute where they were killed`,
    )
  }
  const { pullSeconds, pushSeconds } = config.token
  const lifeMs = (Math.max(pullSeconds, pushSeconds) + LEEWAY_SECONDS) * 1000
  const over = new Date(changedAt.getTime() + lifeMs)
  if (now() >= over) return
  throw new RotationError(
    `tokens under the old authority may be in use until ${over.toISOString()}; finish then, or at once with --force`,
  )
}

/** Takes the old authority out of the bundle. @param isForced also while tokens of it may be in use */
export async function finishRotation(
  deps: RotationDeps,
  { isForced }: { readonly isForced: boolean },
): Promise<string> {
  const { database, config } = deps
  const { current, old } = await readAuthorities(deps)
  if (old === undefined) throw new RotationError('there is no old authority to take out')
  if (!isForced) await requireUnused(deps, old)
  await inTransaction(database, async (transaction) => {
    if (!(await removeTrustedAuthority(transaction, old.fingerprint))) return
    await record(transaction, 'finish', old.fingerprint)
  })
  await writeBundle(config.certs, [current.certificate.toString()])
  return old.fingerprint
}

/** Gives a rotation up that was begun and not switched. */
export async function cancelRotation(deps: RotationDeps): Promise<string> {
  const { database, config } = deps
  const authorities = await readAuthorities(deps)
  const { fingerprint } = requireNext(authorities)
  await inTransaction(database, async (transaction) => {
    if (!(await removeTrustedAuthority(transaction, fingerprint))) return
    await record(transaction, 'cancel', fingerprint)
  })
  await discardPendingAuthority(config.certs)
  await writeBundle(config.certs, [authorities.current.certificate.toString()])
  return fingerprint
}
