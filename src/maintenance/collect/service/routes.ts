import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { idSchema } from '../../../credentials/permission-schema.ts'
import type { Database } from '../../../database/open-database.ts'
import { inTransaction } from '../../../database/transaction.ts'
import { AppError } from '../../../errors.ts'
import { defineRoute, type Route } from '../../../http/route.ts'
import { type OpenOrder, takeOrder } from './order-queries.ts'
import { hearOrder } from './report-queries.ts'

/** The secret, and one piece of output behind it. */
const MOST_BYTES = 128 * 1024
const LONGEST_POLL_MS = 10_000
const LOOK_EVERY_MS = 500
/** One collector asks at a time; one more may wait for the connection of a dead one to end. */
const MOST_POLLS = 4

export interface CollectorRoutesDeps {
  readonly database: Database
  readonly config: { readonly collect: { readonly serviceSecret: string | undefined } }
}

const hash = (text: string | Buffer): Buffer => createHash('sha256').update(text).digest()

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > MOST_BYTES) {
      const detail = `a collector says at most ${MOST_BYTES} bytes at a time`
      throw new AppError('BODY_TOO_LARGE', { detail })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * The secret is the first line of the body: in a header it would stand among the arguments of a
 * shell's client, for everybody on its machine to see.
 *
 * @returns what follows it
 * @throws AppError UNAUTHORIZED (401)
 */
async function readProven(request: IncomingMessage, expected: Buffer): Promise<Buffer> {
  const body = await readBody(request)
  const at = body.indexOf('\n')
  const secret = at === -1 ? body : body.subarray(0, at)
  if (timingSafeEqual(hash(secret), expected)) return body.subarray(secret.length + 1)
  throw new AppError('UNAUTHORIZED', {
    detail: 'this is not the secret of WARDEN_GC_COLLECTOR_SECRET',
  })
}

/** Plain words, since a shell reads them. */
const text = (words: string) =>
  ({ status: 200, headers: { 'Content-Type': 'text/plain' }, body: `${words}\n` }) as const

const answerText = { 200: { description: 'Words for a shell', schema: z.string() } }

async function waitForOrder(
  database: Database,
  { socket }: IncomingMessage,
): Promise<OpenOrder | undefined> {
  const deadlineMs = performance.now() + LONGEST_POLL_MS
  while (performance.now() < deadlineMs && !socket.destroyed) {
    const order = await takeOrder(database)
    if (order !== undefined) return order
    await sleep(LOOK_EVERY_MS)
  }
  return undefined
}

function nextRoute({ database }: CollectorRoutesDeps, expected: Buffer): Route {
  let polls = 0
  return defineRoute({
    method: 'post',
    path: '/collector/next',
    summary: 'Waits for an order of a collector that has the lock in hand',
    open: true,
    bodyType: 'raw',
    answers: { ...answerText, 204: { description: 'There is none; ask again' } },
    handle: async ({ request }) => {
      await readProven(request, expected)
      if (polls >= MOST_POLLS) {
        const detail = 'too many collectors ask at a time; run one'
        throw new AppError('BUSY', { detail, retryAfterSeconds: 10 })
      }
      polls++
      try {
        const order = await waitForOrder(database, request)
        return order === undefined
          ? { status: 204 }
          : text(`${order.id} ${order.kind} ${order.limitSeconds}`)
      } finally {
        polls--
      }
    },
  })
}

const MOST_EXIT = 255

const reportQuery = z.strictObject({
  from: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
  exit: z
    .union([
      z.literal('none'),
      z
        .string()
        .regex(/^\d{1,3}$/)
        .transform(Number),
    ])
    .refine((exit) => exit === 'none' || exit <= MOST_EXIT)
    .optional(),
})

const reportRoute = ({ database }: CollectorRoutesDeps, expected: Buffer): Route =>
  defineRoute({
    method: 'post',
    path: '/collector/orders/:id',
    summary: 'Takes in that a collector goes on, what it prints, and how it ended',
    open: true,
    bodyType: 'raw',
    params: z.strictObject({ id: idSchema }),
    query: reportQuery,
    refusals: [409],
    answers: answerText,
    handle: async ({ request, params: { id }, query: { from, exit } }) => {
      const output = await readProven(request, expected)
      const heard = await inTransaction(database, (transaction) =>
        hearOrder(transaction, { id, from, output, exit }),
      )
      if (heard !== 'unknown') return text(heard)
      const detail = `the order ${id} is not to be carried out any more; ask for the next one`
      throw new AppError('CONFLICT', { detail })
    },
  })

/** For the private listener alone: what a collector asks that is a service of its own (R27). */
export function createCollectorRoutes(deps: CollectorRoutesDeps): readonly Route[] {
  const { serviceSecret } = deps.config.collect
  if (serviceSecret === undefined) return []
  const expected = hash(serviceSecret)
  return [nextRoute(deps, expected), reportRoute(deps, expected)]
}
