import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { type Answer, defineRoute, type Route } from '../http/route.ts'
import { parseRegistryRequest } from '../protocol/registry-request.ts'
import { askGate } from './ask-gate.ts'
import { findWriter, type VerifyToken } from './client-token.ts'
import { type DeleteDeps, deleteManifest } from './delete-manifest.ts'
import type { DoorMetrics } from './door-metrics.ts'
import { letRegistryRefuse } from './hand-on.ts'
import { putManifest } from './put-manifest.ts'
import { startStopwatch } from './stopwatch.ts'
import { denied } from './wait-until-free.ts'

export interface DoorDeps extends DeleteDeps {
  readonly verify: VerifyToken
  readonly metrics: DoorMetrics
}

/** Aborted when the client, or the proxy for it, hangs up. */
function leaving({ socket }: IncomingMessage): { signal: AbortSignal; forget: () => void } {
  const gone = new AbortController()
  const abort = (): void => gone.abort()
  socket.once('close', abort)
  return { signal: gone.signal, forget: () => socket.off('close', abort) }
}

async function write(
  deps: DoorDeps,
  method: 'PUT' | 'DELETE',
  request: IncomingMessage,
): Promise<Answer> {
  const asked = parseRegistryRequest(method, request.url ?? '')
  if (asked?.kind !== 'manifest') {
    throw denied(
      'the registry acts on no manifest at this address; write /v2/, the name in lower case, /manifests/ and a tag or digest',
    )
  }
  const { repository, reference } = asked
  const subject = findWriter(deps.verify, request, { method, repository })
  if (subject === undefined) {
    const sinceLook = startStopwatch(deps)
    return letRegistryRefuse(deps, { request, method, repository, reference, sinceLook })
  }
  const { signal, forget } = leaving(request)
  const work = method === 'PUT' ? putManifest : deleteManifest
  return work(deps, { request, repository, reference, subject, signal }).finally(forget)
}

const writeRoute = (deps: DoorDeps, method: 'put' | 'delete', summary: string): Route =>
  defineRoute({
    method,
    // All of them, so that what cannot be read is refused and not merely unknown.
    path: '/*path',
    summary,
    open: true,
    bodyType: 'raw',
    params: z.strictObject({ path: z.string() }),
    query: z.looseObject({}),
    answers: { 200: { description: "The registry's own answer" } },
    handle: ({ request }) =>
      deps.metrics.watch(method, () => write(deps, method === 'put' ? 'PUT' : 'DELETE', request)),
  })

const gateRoute = (deps: DoorDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/gate',
    summary: 'Says to the proxy whether an upload may begin',
    open: true,
    answers: {
      204: { description: 'It may' },
      403: { description: 'It may not; why stands in X-Warden-Refusal and X-Warden-Reason' },
    },
    handle: ({ request }) => deps.metrics.watch('gate', () => askGate(deps, request)),
  })

/** For the private listener alone: what the proxy sends there of clients of the registry. */
export const createDoorRoutes = (deps: DoorDeps): readonly Route[] => [
  gateRoute(deps),
  writeRoute(deps, 'put', 'Writes a manifest, if nothing holds it and every rule allows it'),
  writeRoute(deps, 'delete', 'Deletes a manifest that nothing else needs'),
]
