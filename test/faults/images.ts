import { type Image, makeImage, makeLayer } from '../e2e/nothing-lost/images.ts'
import type { Generator } from '../support/generate.ts'
import { ALICE, GINA } from '../support/stack.ts'
import { type Client, type Request, readGrant, tokenRequest } from './client.ts'
import type { Ledger } from './ledger.ts'
import { PULLED, REPOSITORIES } from './people.ts'

const OCTETS = 'application/octet-stream'

/** Pushes and pulls step by step, as a client does that gives up at the first failure. */
export interface Images {
  /** @returns whether all of it was answered well */
  readonly push: () => Promise<boolean>
  readonly pull: () => Promise<void>
}

interface ImagesDeps {
  readonly client: Client
  readonly ledger: Ledger
  readonly from: Generator
}

type Headers = Readonly<Record<string, string>>

async function bearer(
  client: Client,
  person: typeof ALICE,
  scope: string,
): Promise<Headers | undefined> {
  const answer = await client.ask('warm', [200], tokenRequest(person, [scope]))
  return answer && { authorization: `Bearer ${readGrant(answer).token}` }
}

async function pushBlob(
  client: Client,
  { repository, headers }: { readonly repository: string; readonly headers: Headers },
  { digest, content }: Image['blobs'][number],
): Promise<boolean> {
  const look = { method: 'HEAD', path: `/v2/${repository}/blobs/${digest}`, headers }
  const found = await client.ask('push', [200, 404], look)
  if (found?.status !== 404) return found !== undefined
  const start = { method: 'POST', path: `/v2/${repository}/blobs/uploads/`, headers }
  const begun = await client.ask('push', [202], start)
  if (begun === undefined) return false
  const place = new URL(String(begun.headers.location), client.url)
  place.searchParams.set('digest', digest)
  const type = { 'content-type': OCTETS }
  const end: Request = {
    method: 'PUT',
    path: place.href,
    headers: { ...headers, ...type },
    body: content,
  }
  return (await client.ask('push', [201], end)) !== undefined
}

async function pushImage(
  { client, ledger, from }: ImagesDeps,
  { repository, tag }: { readonly repository: string; readonly tag: string },
): Promise<boolean> {
  const headers = await bearer(client, ALICE, `repository:${repository}:pull,push`)
  if (headers === undefined) return false
  const image = makeImage(from, [makeLayer(from)])
  for (const blob of image.blobs) {
    if (!(await pushBlob(client, { repository, headers }, blob))) return false
  }
  const put = await client.ask('push', [201], {
    method: 'PUT',
    path: `/v2/${repository}/manifests/${tag}`,
    headers: { ...headers, 'content-type': image.mediaType },
    body: image.content,
  })
  if (put === undefined) return false
  ledger.pushes.push({ repository, tag, image })
  return true
}

async function pullImage(client: Client, { pushes }: Ledger): Promise<void> {
  const headers = await bearer(client, GINA, `repository:${PULLED}:pull`)
  const pushed = pushes.find(({ repository }) => repository === PULLED)
  if (headers === undefined || pushed === undefined) return
  const { image, tag } = pushed
  const answer = await client.ask('pull', [200], {
    method: 'GET',
    path: `/v2/${PULLED}/manifests/${tag}`,
    headers: { ...headers, accept: image.mediaType },
  })
  if (answer === undefined) return
  for (const { digest } of image.blobs) {
    await client.ask('pull', [200], {
      method: 'GET',
      path: `/v2/${PULLED}/blobs/${digest}`,
      headers,
    })
  }
}

/** @throws where the image that is pulled cannot be pushed */
export async function createImages(deps: ImagesDeps): Promise<Images> {
  let pushed = 0
  const push = (repository: string): Promise<boolean> =>
    pushImage(deps, { repository, tag: `t${pushed++}` })
  if (!(await push(PULLED))) throw new Error(`nothing can be pushed to ${PULLED}`)
  return {
    push: () => push(REPOSITORIES[pushed % REPOSITORIES.length] as string),
    pull: () => pullImage(deps.client, deps.ledger),
  }
}
