import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../e2e/nothing-lost/transport.ts'
import { type Request, readGrant, tokenRequest } from '../faults/client.ts'
import type { Load } from '../faults/load.ts'
import type { Site } from '../faults/site.ts'
import type { Person } from '../support/stack.ts'

const SCOPE = 'repository:acme/app:pull'
const RETRY_MS = 250

/** A request to one process of the service, past nginx. */
export const atWarden = ({ wardenUrls }: Site, n: number, request: Request): Request => ({
  ...request,
  path: `${wardenUrls[n]}${request.path}`,
})

/** What one process answers who asks for a token. */
export const askToken = (
  { site, load }: { readonly site: Site; readonly load: Load },
  n: number,
  person: Person,
): Promise<Answer> => load.client.send(atWarden(site, n, tokenRequest(person, [SCOPE])))

export const isGranted = (answer: Answer): boolean =>
  answer.status === 200 && readGrant(answer).actions.length > 0

/** Sends until it is answered so. @returns when it was */
export async function sendUntil(
  work: () => Promise<Answer>,
  isWell: (answer: Answer) => boolean,
  mostMs: number,
): Promise<number> {
  const untilMs = performance.now() + mostMs
  for (;;) {
    const answer = await work().catch(() => undefined)
    if (answer !== undefined && isWell(answer)) return performance.now()
    if (performance.now() > untilMs) {
      throw new Error(`not answered so within ${mostMs} ms: ${answer?.status} ${answer?.text}`)
    }
    await sleep(RETRY_MS)
  }
}
