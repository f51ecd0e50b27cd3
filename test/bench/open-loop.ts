import { Agent, request } from 'node:http'

// Sends requests at a fixed rate, whether answers come or not, from a process of its own: it is told
// what to do on its input, and prints one line of JSON.

/** What to send. */
export interface Plan {
  readonly perSecond: number
  readonly seconds: number
  /** Taken in turn; `{n}` in any text becomes the number of the request. */
  readonly requests: readonly PlannedRequest[]
}

export interface PlannedRequest {
  readonly url: string
  readonly username?: string
  readonly password?: string
  readonly address?: string
  /** Sent by `POST` with that token; without it the request is a `GET`. */
  readonly posted?: { readonly body: string; readonly bearer: string }
}

export interface Measured {
  /** From the moment that a request was due to the end of its answer, sorted, in milliseconds. */
  readonly latenciesMs: readonly number[]
  readonly failed: number
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 })

const planned = ({ requests }: Plan, n: number): PlannedRequest =>
  requests[n % requests.length] ?? { url: '' }

function send(plan: Plan, n: number): Promise<boolean> {
  const { url, username, password, address, posted } = planned(plan, n)
  const fill = (text: string): string =>
    text.replace('{n}', String(n)).replace('{net}', `${(n >> 8) % 256}.${n % 256}`)
  const authorization = Buffer.from(`${username}:${fill(password ?? '')}`).toString('base64')
  return new Promise((resolve) => {
    const headers = {
      ...(username === undefined ? {} : { authorization: `Basic ${authorization}` }),
      ...(address === undefined ? {} : { 'x-forwarded-for': fill(address) }),
      ...(posted && { authorization: `Bearer ${posted.bearer}` }),
    }
    const method = posted ? 'POST' : 'GET'
    const sent = request(fill(url), { agent, method, headers }, (response) => {
      response.resume()
      response.on('end', () => resolve(Math.floor((response.statusCode ?? 0) / 100) === 2))
    })
    sent.on('error', () => resolve(false))
    sent.end(posted && fill(posted.body))
  })
}

async function run(plan: Plan): Promise<Measured> {
  const total = plan.perSecond * plan.seconds
  const latenciesMs: number[] = []
  let failed = 0
  const startedAtMs = performance.now()
  const answers: Promise<void>[] = []
  while (answers.length < total) {
    const due = Math.min(total, ((performance.now() - startedAtMs) / 1000) * plan.perSecond)
    while (answers.length < due) {
      const n = answers.length
      const dueAtMs = startedAtMs + (n / plan.perSecond) * 1000
      answers.push(
        send(plan, n).then((isGood) => {
          latenciesMs.push(performance.now() - dueAtMs)
          if (!isGood) failed++
        }),
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(answers)
  return { latenciesMs: latenciesMs.sort((a, b) => a - b), failed }
}

const chunks: Buffer[] = []
for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
const plan = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Plan
process.stdout.write(`${JSON.stringify(await run(plan))}\n`, () => process.exit())
