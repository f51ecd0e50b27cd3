import { setTimeout as sleep } from 'node:timers/promises'
import pLimit from 'p-limit'
import { OCI_MANIFEST } from '../../src/protocol/media-types.ts'
import { fetchToken, pushImage, putManifest } from '../support/image.ts'
import { ADMIN, type TestStack } from '../support/stack.ts'
import type { Figure } from './figure.ts'

const TAGS = 10_000
const GOAL_SECONDS = 60
const REPOSITORY = 'acme/many'
const AT_ONCE = 16
const LOOK_EVERY_MS = 1000
const DIGESTS = 10

type Places = Parameters<typeof fetchToken>[0]

/** Ten images, with a thousand tags on each: half of them `old-`, half `new-`. */
async function pushTags(places: Places): Promise<void> {
  const scope = `repository:${REPOSITORY}:pull,push`
  const limit = pLimit(AT_ONCE)
  for (let digest = 0; digest < DIGESTS; digest++) {
    const token = await fetchToken(places, { as: ADMIN, scope })
    const text = `image ${digest}`
    await pushImage(places, {
      as: ADMIN,
      repository: REPOSITORY,
      tags: [`new-${digest}`],
      text,
      token,
    })
    const answer = await fetch(`${places.registryUrl}/v2/${REPOSITORY}/manifests/new-${digest}`, {
      headers: { authorization: `Bearer ${token}`, accept: OCI_MANIFEST },
    })
    const content = Buffer.from(await answer.arrayBuffer())
    const manifest = { mediaType: OCI_MANIFEST, content }
    const names = Array.from({ length: TAGS / DIGESTS }, (_, n) =>
      n % 2 === 0 ? `old-${digest}-${n}` : `new-${digest}-${n}`,
    )
    const put = (tag: string) =>
      putManifest(places, { repository: REPOSITORY, tag, token }, manifest)
    await Promise.all(names.map((tag) => limit(() => put(tag))))
  }
}

async function until(look: () => Promise<boolean>, mostMs: number): Promise<number> {
  const startedAtMs = performance.now()
  while (!(await look())) {
    if (performance.now() - startedAtMs > mostMs) throw new Error('it does not come to its end')
    await sleep(LOOK_EVERY_MS)
  }
  return performance.now() - startedAtMs
}

const countTags = async (places: Places): Promise<number> => {
  const scope = `repository:${REPOSITORY}:pull`
  const token = await fetchToken(places, { as: ADMIN, scope })
  const answer = await fetch(`${places.registryUrl}/v2/${REPOSITORY}/tags/list`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const { tags } = (await answer.json()) as { readonly tags: readonly string[] }
  return tags.length
}

/** Deletes half of the tags of one repository by filter, from the request to the end of its job. */
export async function benchRemoval(
  stack: TestStack,
  say: (line: string) => void,
): Promise<readonly Figure[]> {
  const places = { url: stack.url, registryUrl: stack.url }
  say(`${TAGS} tags are pushed …`)
  await pushTags(places)
  const path = `/repositories/${REPOSITORY}`
  await until(async () => {
    const { text } = await stack.api('GET', path)
    return JSON.parse(text).tagCount >= TAGS
  }, 600_000)
  say('half of them are deleted …')
  const json = { repositories: 'many', tags: 'old-*', dryRun: false }
  const startedAtMs = performance.now()
  const begun = JSON.parse((await stack.api('POST', '/projects/acme/removals', { json })).text)
  await until(async () => {
    const { text } = await stack.api('GET', `/projects/acme/removals/${begun.id}`)
    const { state } = JSON.parse(text)
    if (state === 'failed' || state === 'cancelled') throw new Error(text)
    return state === 'done'
  }, 600_000)
  const seconds = (performance.now() - startedAtMs) / 1000
  const left = await countTags(places)
  const siblings = TAGS / 2 + DIGESTS
  return [
    {
      what: `${TAGS / 2} of ${TAGS} tags of one repository deleted by filter`,
      value: seconds,
      unit: 's',
      against: `siblings left, ${siblings} expected: ${left}`,
      reference: GOAL_SECONDS,
      ratio: seconds / GOAL_SECONDS,
      goal: {
        text: `<= ${GOAL_SECONDS} s`,
        isReached: seconds <= GOAL_SECONDS && left === siblings,
      },
    },
  ]
}
