import type { Part } from './part.ts'
import { LOOPBACK } from './ports.ts'
import { StackError } from './stack-error.ts'
import { answers, waitUntil } from './wait-until.ts'

const READY_TIMEOUT_MS = 30_000

interface Address {
  readonly port: number
  /** Authority of the certificate there; undefined where all is plain http. */
  readonly ca: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** @throws StackError when the service is not ready behind nginx within half a minute */
export async function assertReady({ port, ca, signal }: Address, warden: Part): Promise<void> {
  const scheme = ca === undefined ? 'http' : 'https'
  const isReady = () => answers(`${scheme}://${LOOPBACK}:${port}/readyz`, [200], ca)
  if (await waitUntil(isReady, { timeoutMs: READY_TIMEOUT_MS, signal })) return
  throw new StackError(
    `everything runs, but the service is not ready. Its log is ${warden.logPath}:\n${warden.lastLines()}`,
  )
}
