import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Passed {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
}

/** What becomes of an answer of the real registry; undefined: it goes on as it is. */
export type Fault = (path: string, answer: Passed, method?: string) => Partial<Passed> | undefined

export interface Asked {
  readonly method: string
  readonly path: string
}

/**
 * Before a request goes on to the real registry: it waits for this, is cut off by what it throws, and
 * never gets there where this answers.
 */
export type Before = (asked: Asked) => Promise<Pick<Passed, 'status' | 'body'> | undefined>

/** Passes on to a real registry, and spoils what it says where a test asks for it. */
export interface FaultyRegistry {
  readonly between: (registryUrl: string) => Promise<string>
  /** Undefined: nothing is spoiled. */
  readonly spoil: (fault: Fault | undefined) => void
  /** Undefined: nothing waits. */
  readonly interrupt: (before: Before | undefined) => void
  /** Paths that were asked for since the last time. */
  readonly takePaths: () => readonly string[]
  /** When something was written or deleted last, by the monotonic clock. */
  readonly wroteAtMs: () => number
  readonly stop: () => Promise<void>
}

const json = (body: unknown): Partial<Passed> => ({
  status: 200,
  body: Buffer.from(JSON.stringify(body)),
})

const only =
  (part: string, answer: Partial<Passed> | ((answer: Passed) => Partial<Passed>)): Fault =>
  (path, passed) => {
    if (!path.includes(part)) return undefined
    return typeof answer === 'function' ? answer(passed) : answer
  }

const half = ({ body }: Passed): Partial<Passed> => ({
  body: body.subarray(0, Math.floor(body.length / 2)),
})

/** Ways in which a list may be no list. */
export const LIST_FAULTS: Readonly<Record<string, (list: string) => Fault>> = {
  'is answered 500': (list) => only(list, { status: 500, body: Buffer.from('{}') }),
  'is half a page': (list) => only(list, half),
  'is nonsense': (list) => only(list, json({ repositories: 7, tags: 'x' })),
  'is a page of a proxy': (list) => only(list, { body: Buffer.from('<html>welcome</html>') }),
}

export const emptyList = (list: string): Fault => only(list, json({ repositories: [], tags: [] }))

/** Everything of the repositories is unknown, by the registry's own words. */
export const lostDisk: Fault = (path) => {
  if (/^\/v2\/(?:_catalog.*)?$/.test(path)) return undefined
  const code = path.includes('/tags/list') ? 'NAME_UNKNOWN' : 'MANIFEST_UNKNOWN'
  return { status: 404, body: Buffer.from(JSON.stringify({ errors: [{ code }] })) }
}

/** Tags and catalog by pages of so many, as later registries give them. */
export const inPages =
  (size: number): Fault =>
  (path, { body, status }) => {
    if (status !== 200 || !path.includes('/tags/list')) return undefined
    const { tags, ...rest } = JSON.parse(body.toString())
    const last = new URL(path, 'http://x').searchParams.get('last') ?? ''
    const sorted: string[] = tags.toSorted()
    const later = sorted.filter((tag) => tag > last)
    const page = later.slice(0, size)
    const query = `last=${page.at(-1)}&n=${size}`
    const link = later.length > size ? { link: `<${path.split('?')[0]}?${query}>; rel="next"` } : {}
    return { ...json({ ...rest, tags: page }), headers: new Headers(link) }
  }

/** Headers that belong to one connection, and are no part of what is passed on. */
const OF_THE_WAY =
  /^(?:host|content-length|transfer-encoding|connection|keep-alive|content-encoding)$/

async function pass(url: string, request: IncomingMessage): Promise<Passed> {
  const headers = Object.entries(request.headers).filter(([name]) => !OF_THE_WAY.test(name))
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const response = await fetch(`${url}${request.url}`, {
    method: request.method ?? 'GET',
    headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
    redirect: 'manual',
    ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
  })
  const body = Buffer.from(await response.arrayBuffer())
  return { status: response.status, headers: response.headers, body }
}

function answer(response: ServerResponse, { status, headers, body }: Passed, isHead: boolean) {
  for (const [name, value] of headers) {
    if (!OF_THE_WAY.test(name)) response.setHeader(name, value)
  }
  response.setHeader('content-length', isHead ? (headers.get('content-length') ?? 0) : body.length)
  response.writeHead(status).end(isHead ? undefined : body)
}

export function createFaultyRegistry(): FaultyRegistry {
  let fault: Fault | undefined
  let before: Before | undefined
  let url = ''
  let paths: string[] = []
  let wroteAtMs = 0
  const server = createServer(async (request, response) => {
    const path = request.url ?? '/'
    const { method = 'GET' } = request
    paths.push(path)
    if (method !== 'GET' && method !== 'HEAD') wroteAtMs = performance.now()
    try {
      const instead = await before?.({ method, path })
      const passed = instead ? { headers: new Headers(), ...instead } : await pass(url, request)
      answer(response, { ...passed, ...fault?.(path, passed, method) }, method === 'HEAD')
    } catch {
      response.destroy()
    }
  })
  return {
    between: async (registryUrl) => {
      url = registryUrl
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    },
    spoil: (next) => {
      fault = next
    },
    interrupt: (next) => {
      before = next
    },
    wroteAtMs: () => wroteAtMs,
    takePaths: () => {
      const taken = paths
      paths = []
      return taken
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
