import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that answers as it is told to at the moment, and counts what it is asked. */
export interface AnsweringServer {
  readonly url: string
  /** Paths in the order in which they were asked for. */
  readonly asked: string[]
  answer: (path: string, response: ServerResponse) => void
  readonly close: () => Promise<void>
}

export const answerJson = (response: ServerResponse, json: unknown): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json))
}

export function startAnsweringServer(): Promise<AnsweringServer> {
  const asked: string[] = []
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    made.answer(url, response)
  })
  const made = {
    url: '',
    asked,
    answer: (_path: string, response: ServerResponse): void => {
      response.writeHead(503).end()
    },
    close: (): Promise<void> =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      made.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      resolve(made)
    })
  })
}
