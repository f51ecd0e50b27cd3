import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import test from 'ava'
import type { z } from 'zod'
import { templateOf } from '../../src/http/describe-route.ts'
import { problemSchema, registryErrorSchema } from '../../src/http/problem.ts'
import {
  createChance,
  type DescribedOperation,
  type GeneratedRequest,
  type Generator,
  generateRequest,
  WORDS,
} from '../support/generate-request.ts'
import { pushImage } from '../support/image.ts'
import { ADMIN, basic, type Service, startService } from '../support/service.ts'

const COUNT = process.env.CI ? 20_000 : 4000
const SEED = Number(process.env.GENERATED_SEED ?? Math.floor(Math.random() * 2 ** 32))
const AT_ONCE = 12
const MOST_FAULTS = 10

type Schemas = Generator['schemas']

let service: Service

test.before(async () => {
  service = await startService({
    env: { WARDEN_API_RATE: '0', WARDEN_HASH_CONCURRENCY: '16', WARDEN_HASH_QUEUE: '1000' },
  })
  for (const username of ['alice', 'bob']) {
    await service.admin('POST', '/api/v1/users', { username, password: PASSWORD })
  }
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
  await service.admin('POST', '/api/v1/projects', { name: 'open', visibility: 'public' })
  for (const repository of ['acme/app', 'open/app', 'acme/deep/er/app']) {
    await pushImage(service, { as: ADMIN, repository, tags: ['v1', 'latest', 'stays'] })
  }
})
test.after.always(() => service.stop())

const PASSWORD = 'generated-own-7391'

interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

function send(agent: Agent, { method, path, headers, body }: GeneratedRequest): Promise<Answered> {
  const { hostname, port } = new URL(service.url)
  return new Promise((resolve, reject) => {
    const length = { 'content-length': Buffer.byteLength(body ?? '') }
    const sent = request(
      { agent, hostname, port, method, path, headers: { ...headers, ...length } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
        })
        response.on('error', reject)
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

interface Operation extends DescribedOperation {
  readonly operationId: string
  readonly responses: Readonly<Record<string, unknown>>
}

/** The schema that the body of an answer has to fit. */
function schemaOf({ method, path }: Operation, status: number): z.ZodType | undefined {
  if (status >= 400) return path.startsWith('/auth/') ? registryErrorSchema : problemSchema
  const route = service.routes.find(
    (found) => found.method === method && templateOf(found.path) === path,
  )
  return route?.answers[status]?.schema
}

/** What is wrong with an answer; undefined when it is as the document says. */
function faultOf(operation: Operation, { status, headers, text }: Answered): string | undefined {
  if (status >= 500) return `failed with ${status}`
  if (operation.responses[status] === undefined) return `answered ${status}, not documented`
  if (status === 304 || status === 204) return text === '' ? undefined : 'has a body'
  if (!/json/.test(headers['content-type'] ?? '')) return undefined
  const parsed = schemaOf(operation, status)?.safeParse(JSON.parse(text))
  return parsed?.success ? undefined : `has a body of another form: ${text.slice(0, 200)}`
}

const wrong = { username: 'alice', password: 'wrong-wrong' }
const CALLERS: readonly (string | undefined)[] = [
  ...Array.from({ length: 12 }, () => basic(ADMIN)),
  ...Array.from({ length: 4 }, () => basic({ username: 'bob', password: PASSWORD })),
  undefined,
  undefined,
  basic(wrong),
  'Bearer x.y.z',
  'Basic !!!',
]

interface Run {
  readonly operations: readonly Operation[]
  readonly faults: readonly string[]
  /** Operations that were done at least once. */
  readonly done: ReadonlySet<string>
}

async function readOperations(): Promise<{ operations: readonly Operation[]; schemas: Schemas }> {
  const { body } = await service.request('GET', '/api/v1/openapi.json')
  const operations = Object.entries<Record<string, Operation>>(body.paths).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ ...operation, method, path })),
  )
  return { operations, schemas: body.components.schemas }
}

async function runGenerated(seed: number, count: number): Promise<Run> {
  const { operations, schemas } = await readOperations()
  const chance = createChance(seed)
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const [faults, done] = [[] as string[], new Set<string>()]
  let made = 0
  const one = async (): Promise<void> => {
    const operation = chance.pick(operations)
    // Each password of a new user is hashed slowly.
    if (operation.operationId === 'postUsers' && chance.is(0.6)) return
    const authorization = chance.pick(CALLERS)
    const generated = generateRequest({ chance, schemas }, operation)
    const headers = { ...generated.headers, ...(authorization && { authorization }) }
    const answered = await send(agent, { ...generated, headers })
    if (answered.status < 300) done.add(operation.operationId)
    const fault = faultOf(operation, answered)
    const { operationId } = operation
    if (fault) faults.push(`${operationId} ${fault}: ${JSON.stringify({ ...generated, headers })}`)
  }
  const work = async (): Promise<void> => {
    while (made++ < count && faults.length < MOST_FAULTS) await one()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  agent.destroy()
  return { operations, faults, done }
}

/** Whether chance can find a thing there: ids and tags that go away are another matter. */
const canSucceed = ({ method, path }: Operation): boolean =>
  method !== 'delete' &&
  [...path.matchAll(/\{(\w+)\}/g)].every(([, name = '']) => name !== 'tag' && name in WORDS)

test('generated requests get documented answers of the documented form, never a 5xx', async (t) => {
  t.timeout(600_000)
  t.log(`seed ${SEED}: repeat with GENERATED_SEED=${SEED}`)
  const { operations, faults, done } = await runGenerated(SEED, COUNT)
  t.deepEqual(faults, [])
  // What was never done was not tried in earnest.
  const expected = operations.filter(canSucceed).map(({ operationId }) => operationId)
  t.deepEqual(
    expected.filter((operationId) => !done.has(operationId)),
    [],
  )
  t.true(expected.length > 12)
  t.is((await service.admin('GET', '/api/v1/me')).status, 200)
})
