import { z } from 'zod'
import type { Address } from '../../config/read-config.ts'
import { listReplicas } from '../../database/replicas.ts'
import { fault, ok, reasonOf, skipped, warning } from './check.ts'
import { realmUrl } from './examination.ts'
import { databaseCheck, type InnerExamination, insideCheck } from './inside-check.ts'
import { isLoopback } from './proxy-checks.ts'

/** Fewer requests say nothing about where clients come from. */
const ENOUGH_REQUESTS = 20
const TRIES = 3
/** For documents only (RFC 5737): nobody can come from there. */
const INVENTED = '203.0.113.86'

const readySchema = z.object({
  status: z.string(),
  parts: z.array(z.object({ name: z.string(), ok: z.boolean(), reason: z.string().optional() })),
  clients: z.object({
    minutes: z.number(),
    requests: z.number(),
    addresses: z.number(),
    impossible: z.number(),
  }),
})

type Ready = z.output<typeof readySchema>

/** Where this machine reaches what listens there: on every address means on its own too. */
function privateUrl({ host, port }: Address): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (host === '::') return `http://[::1]:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** @throws Error when nothing of ours answers there */
async function readPrivate({ ask, inside }: InnerExamination): Promise<Ready> {
  const url = `${privateUrl(inside.config.privateListen)}/readyz`
  const { json, status } = await ask(url)
  const ready = readySchema.safeParse(json).data
  if (ready === undefined) throw new Error(`${url} answers ${status}, and is no service of ours`)
  return ready
}

const privateListener = insideCheck('private-listener', async (examination) => {
  try {
    const { status, parts } = await readPrivate(examination)
    if (status === 'ready') return ok('database, signing and registry are well')
    const reasons = parts.filter((part) => !part.ok).map((part) => `${part.name}: ${part.reason}`)
    const advice = 'mend what it names; docs/operations.md has the usual reasons'
    const detail = `${status}: ${reasons.join('; ')}`
    return status === 'degraded' ? warning(detail, advice) : fault(detail, advice)
  } catch (error) {
    const advice = 'start warden serve; on another machine than the service this is as it should be'
    return warning(reasonOf(error), advice)
  }
})

/** Asks the realm with an invented address, and looks whether the service believed it (R14). */
const forwardedFor = insideCheck('forwarded-for', async (examination) => {
  const challenge = await examination.challenge()
  const url = challenge && realmUrl(challenge)
  const before = await readPrivate(examination).catch(() => undefined)
  if (url === undefined || before === undefined || !(await examination.realmAnswer())) {
    return skipped('needs the realm and the private listener')
  }
  const headers = { 'x-forwarded-for': INVENTED, forwarded: `for=${INVENTED}` }
  for (let tries = 0; tries < TRIES; tries++) await examination.ask(url, { headers })
  const { clients } = await readPrivate(examination)
  if (clients.requests === before.clients.requests) {
    return skipped('another process answered; run it where that one runs')
  }
  if (clients.impossible === before.clients.impossible) {
    return ok('what a client says of its own address is not believed')
  }
  return fault(
    'a client may choose its address: X-Forwarded-For of a client is believed',
    'let nginx set it (proxy_set_header X-Forwarded-For $remote_addr), and put nothing but proxies into WARDEN_TRUSTED_PROXIES',
  )
})

const clientAddresses = insideCheck('client-addresses', async (examination) => {
  const { clients } = (await readPrivate(examination).catch(() => undefined)) ?? {}
  if (clients === undefined) return skipped('needs the private listener')
  const { addresses, requests, minutes } = clients
  const from = addresses === 1 ? '1 address' : `${addresses} addresses`
  const detail = `${requests} requests from ${from} within ${minutes} minutes`
  if (requests < ENOUGH_REQUESTS) return skipped(`${detail}: too few to tell`)
  if (addresses > 1 || isLoopback(examination.url)) return ok(detail)
  return warning(
    `${requests} requests within ${minutes} minutes, all from one address`,
    'if there are more clients than that, put the address of nginx into WARDEN_TRUSTED_PROXIES and let nginx set X-Forwarded-For (set_real_ip_from for a proxy in front of it): limits by address now hit all of them together',
  )
})

const replicas = databaseCheck('replicas', async ({ inside }) => {
  const found = await listReplicas(inside.database)
  if (found.length === 0) {
    return fault('no process has reported to the database within a minute', 'run: warden serve')
  }
  const detail = `${found.length} serving, each with a leaf (warden keys shows them)`
  if (new Set(found.map(({ leafEpoch }) => leafEpoch)).size > 1) {
    return warning(`${detail}, not all of the same epoch`, 'run: warden keys renew')
  }
  const versions = [...new Set(found.map(({ version }) => version))]
  if (versions.length === 1) return ok(detail)
  const advice = 'fine while upgrading; otherwise bring all to one version'
  return warning(`${detail}, of versions ${versions.join(', ')}`, advice)
})

/** The running service itself, and what it sees of its clients. */
export const SERVICE_CHECKS = [privateListener, replicas, forwardedFor, clientAddresses] as const
