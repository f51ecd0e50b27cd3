import { ANSWER_UNKNOWN, ApiError } from './api-error.ts'
import { FIELDS } from './generated.ts'
import { noAnswer } from './no-answer.ts'

const MOST_BYTES = 32 * 1024 * 1024

type Thing = keyof typeof FIELDS

/** Where an operation is, and what it answers: one of these things, a page of them, or text. */
export interface Place {
  readonly method: string
  readonly path: string
  readonly answer?: readonly Thing[]
  readonly items?: readonly Thing[]
  readonly text?: true
}

/** The body as it comes; who stops reading closes the connection. @throws ApiError */
export async function* readChunks(url: string, { body }: Response): AsyncGenerator<Uint8Array> {
  if (body === null) return
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw noAnswer(url, error)
      })
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** @throws ApiError also where the body is too long to be kept in memory */
export async function readText(url: string, response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let size = 0
  let text = ''
  for await (const chunk of readChunks(url, response)) {
    size += chunk.length
    if (size > MOST_BYTES) {
      const message = `the answer of ${url} is larger than ${MOST_BYTES} bytes; read it as a stream`
      throw new ApiError({ message, code: ANSWER_UNKNOWN, status: response.status })
    }
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** @returns undefined where the text is no JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (data: unknown): data is Readonly<Record<string, unknown>> =>
  typeof data === 'object' && data !== null

const isOneOf = (things: readonly Thing[], data: unknown): boolean =>
  isObject(data) && things.some((thing) => FIELDS[thing].every((field) => field in data))

function isPage(things: readonly Thing[], data: unknown): boolean {
  if (!isObject(data) || !Array.isArray(data.items)) return false
  const isEnd = data.next === null || typeof data.next === 'string'
  return isEnd && data.items.every((item) => isOneOf(things, item))
}

/** Whether an answer has all fields that it cannot be without; more of them are welcome. */
export function isExpected({ answer, items }: Place, data: unknown): boolean {
  if (items !== undefined) return isPage(items, data)
  return answer === undefined || isOneOf(answer, data)
}
