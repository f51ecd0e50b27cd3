import type { IncomingMessage } from 'node:http'
import { describeHold } from '../holds/describe-hold.ts'
import { findHold } from '../holds/find-hold.ts'
import type { Answer } from '../http/route.ts'
import { hasReservedSegment } from '../protocol/reference.ts'
import { parseRegistryRequest } from '../protocol/registry-request.ts'
import { findWriter, type VerifyToken } from './client-token.ts'
import type { WriteRules } from './decide-write.ts'
import type { WaitUntilFreeDeps } from './wait-until-free.ts'

export interface GateDeps extends Pick<WaitUntilFreeDeps, 'database'> {
  readonly verify: VerifyToken
  readonly rules: Pick<WriteRules, 'decideUploadStart'>
}

/** `held` passes by itself: nginx makes 503 of it, which clients try again; `denied` is 403. */
export type Refusal = 'held' | 'denied'

const PASS: Answer = { status: 204 }

/** nginx puts it between the quotes of a JSON text as it is. */
const asJsonText = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

const refuse = (refusal: Refusal, reason: string): Answer => ({
  status: 403,
  headers: { 'X-Warden-Refusal': refusal, 'X-Warden-Reason': asJsonText(reason) },
})

const headerOf = ({ headers }: IncomingMessage, name: string): string => {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}

/** Above its quota a project takes no upload; a rule that cannot be read stops none, the door will. */
async function judgeRules({ rules }: GateDeps, repository: string): Promise<Answer> {
  const verdict = await rules.decideUploadStart({ repository }).catch(() => undefined)
  return verdict === undefined || verdict.allowed ? PASS : refuse('denied', verdict.reason)
}

async function judgeHold(deps: GateDeps, repository: string): Promise<Answer> {
  const { database } = deps
  const hold = await findHold(database, { repository }).catch(() => 'away' as const)
  if (hold === undefined) return judgeRules(deps, repository)
  if (hold === 'away') {
    return refuse(
      'held',
      'the database of the token service does not answer; try again in a moment',
    )
  }
  // A tag is taken away in the time that an upload takes.
  if (hold.kind === 'removal') return judgeRules(deps, repository)
  return refuse(hold.kind === 'read-only' ? 'denied' : 'held', describeHold(hold))
}

/**
 * Says whether an upload may begin, before anybody sends gigabytes that could not become an image.
 * What it lets through decides nothing: the manifest comes to the door.
 */
export async function askGate(deps: GateDeps, request: IncomingMessage): Promise<Answer> {
  // nginx sets both; what a client sends under these names does not come this far.
  const method = headerOf(request, 'x-warden-method')
  const asked = parseRegistryRequest(method, headerOf(request, 'x-warden-uri'))
  if (asked?.kind !== 'upload-start') {
    return refuse('denied', 'the address of this upload cannot be read')
  }
  const { repository } = asked
  if (findWriter(deps.verify, request, { method: 'POST', repository }) === undefined) return PASS
  if (hasReservedSegment(repository)) {
    return refuse(
      'denied',
      `the name ${repository} holds tags, manifests, blobs or referrers, a word of the paths of the registry`,
    )
  }
  return judgeHold(deps, repository)
}
