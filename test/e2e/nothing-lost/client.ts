import { MANIFEST_ACCEPT } from '../../../src/protocol/media-types.ts'
import { digestOf } from '../../../src/registry/manifests.ts'
import type { Blob, Image } from './images.ts'
import {
  type Answer,
  type Bearer,
  createBearer,
  createSend,
  isImpatience,
  persist,
  type Send,
} from './transport.ts'

/** `refused`: certainly not done; `left`: whoever asked has hung up. */
export type Outcome = 'done' | 'refused' | 'unknown' | 'left'

export interface Push {
  readonly image: Image
  readonly repository: string
  /** A tag, or the digest. */
  readonly reference: string
  /** A repository whose blobs are mounted, where it has them. */
  readonly mountFrom?: string | undefined
  /** After so long whoever pushes hangs up. */
  readonly patienceMs?: number | undefined
}

/** A client of the registry and of the API, as fast as they are. */
export interface Client {
  /** Persists where a server failed. @throws where none answers */
  readonly api: (method: string, path: string, json?: unknown) => Promise<Answer>
  /** Asks once; undefined where nothing answered. */
  readonly tryApi: (method: string, path: string, json?: unknown) => Promise<Answer | undefined>
  /** Brings the blobs and children of an image. @throws where it cannot */
  readonly prepare: (push: Push) => Promise<void>
  readonly putManifest: (push: Push) => Promise<{ outcome: Outcome; note: string }>
  readonly deleteManifest: (repository: string, digest: string) => Promise<Answer | undefined>
  /** Reads below a repository, from the registry itself: it answers while others are away. */
  readonly read: (repository: string, path: string) => Promise<Answer>
  readonly close: () => Promise<void>
}

/** More than it takes until all that was killed is back. */
const UNTIL_BACK = 40

/** What was answered to a write: a server's own failure leaves it open. */
export const outcomeOf = (answer: Answer | undefined): Outcome => {
  if (answer === undefined || answer.status >= 500) return 'unknown'
  return answer.status < 300 ? 'done' : 'refused'
}

/** Whether bytes are those that a digest names. */
export const fits = (digest: string, { body }: Answer): boolean => digestOf(body) === digest

interface Wire {
  readonly send: Send
  readonly bearer: Bearer
  readonly url: string
}

async function putBlob({ send, bearer, url }: Wire, push: Push, blob: Blob): Promise<void> {
  const { repository, mountFrom } = push
  const headers = await bearer(repository, mountFrom)
  const base = `${url}/v2/${repository}/blobs`
  const found = await persist(() => send('HEAD', `${base}/${blob.digest}`, { headers }))
  if (found.status === 200) return
  const work = async (): Promise<Answer> => {
    const mount = mountFrom === undefined ? '' : `?mount=${blob.digest}&from=${mountFrom}`
    const start = await send('POST', `${base}/uploads/${mount}`, { headers })
    if (start.status !== 202) return start
    const place = new URL(String(start.headers.location), url)
    place.searchParams.set('digest', blob.digest)
    const type = { 'content-type': 'application/octet-stream' }
    return send('PUT', String(place), { headers: { ...headers, ...type }, body: blob.content })
  }
  const { status, text } = await persist(work)
  if (status !== 201) throw new Error(`blob ${blob.digest}: ${status} ${text}`)
}

async function put({ send, bearer, url }: Wire, push: Push): Promise<Answer> {
  const { image, repository, reference, patienceMs, mountFrom } = push
  return send('PUT', `${url}/v2/${repository}/manifests/${reference}`, {
    headers: { ...(await bearer(repository, mountFrom)), 'content-type': image.mediaType },
    body: image.content,
    patienceMs,
  })
}

async function prepare(wire: Wire, push: Push): Promise<void> {
  await Promise.all(push.image.blobs.map((blob) => putBlob(wire, push, blob)))
  for (const child of push.image.children) {
    const own = { ...push, image: child, reference: child.digest }
    await prepare(wire, own)
    const { status, text } = await persist(() => put(wire, own))
    if (status !== 201) throw new Error(`child ${child.digest}: ${status} ${text}`)
  }
}

async function putManifest(
  wire: Wire,
  push: Push,
): Promise<{ readonly outcome: Outcome; readonly note: string }> {
  try {
    const answer = await put(wire, push)
    const note = answer.status === 201 ? '' : `${answer.status} ${answer.text.trim()}`
    return { outcome: outcomeOf(answer), note }
  } catch (error) {
    return { outcome: isImpatience(error) ? 'left' : 'unknown', note: String(error) }
  }
}

export function createClient({
  url,
  registryUrl,
  authorization,
}: {
  readonly url: string
  readonly registryUrl: string
  readonly authorization: string
}): Client {
  const { send, close } = createSend()
  const bearer = createBearer(send, { url, authorization })
  const wire: Wire = { send, bearer, url }
  const api: Client['api'] = (method, path, json) =>
    send(method, `${url}/api/v1${path}`, {
      headers: { authorization, 'content-type': 'application/json' },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    })
  return {
    api: (...asked) => persist(() => api(...asked), UNTIL_BACK),
    tryApi: (...asked) => api(...asked).catch(() => undefined),
    prepare: (push) => prepare(wire, push),
    putManifest: (push) => putManifest(wire, push),
    deleteManifest: (repository, digest) =>
      bearer(repository)
        .then((headers) =>
          send('DELETE', `${url}/v2/${repository}/manifests/${digest}`, { headers }),
        )
        .catch(() => undefined),
    read: async (repository, path) => {
      const headers = { ...(await bearer(repository)), accept: MANIFEST_ACCEPT }
      return persist(() => send('GET', `${registryUrl}/v2/${repository}/${path}`, { headers }))
    },
    close,
  }
}
