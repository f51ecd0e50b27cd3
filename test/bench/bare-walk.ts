import pLimit from 'p-limit'
import { createRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { createSigner } from '../../src/signing/signer.ts'
import { readAuthority } from '../../src/signing/token-authority.ts'
import { createOwnTokens } from '../../src/token/issue-token.ts'

// What reconcile is held against: a process that makes the same calls and keeps nothing of what it
// is told. Its arguments: the registry, the file of the authority, and whether it reads images too.

/** As many as reconcile: lists of tags, and what is asked of one tag or blob. */
const LISTS = 4
const READS = 6
const DAY_SECONDS = 86_400

async function createClient(url: string, authorityPath: string): Promise<RegistryClient> {
  const authority = await readAuthority(authorityPath)
  if (authority === undefined) throw new Error('there is no authority')
  const now = (): Date => new Date()
  const signer = createSigner({ authority, leafSeconds: DAY_SECONDS, now })
  const settings = {
    service: 'registry-warden',
    issuer: 'registry-warden',
    pullSeconds: 300,
    pushSeconds: 300,
  }
  const metrics = { countToken: () => undefined }
  // biome-ignore lint/suspicious/noExplicitAny: what signing one token needs is less than the service has.
  const issue = { signer, now, settings, metrics } as any
  return createRegistryClient({ url, timeoutSeconds: 30, tokenFor: createOwnTokens(issue) })
}

const reads = pLimit(READS)
const lists = pLimit(LISTS)

/** As for an image that is not known yet. */
async function readImage(client: RegistryClient, repository: string, digest: string) {
  const manifest = await client.readManifest({ repository, reference: digest })
  const { config, layers } = JSON.parse(manifest?.content.toString() ?? '{}')
  await client.readBlob({ repository, digest: config.digest, mostBytes: 4 * 1024 * 1024 })
  for (const blob of [config, ...layers]) {
    await client.findBlobSize({ repository, digest: blob.digest })
  }
}

async function walkRepository(client: RegistryClient, repository: string, withImages: boolean) {
  const tags = (await lists(() => client.listTags(repository))) ?? []
  const found = await Promise.all(
    tags.map((reference) => reads(() => client.lookUpManifest({ repository, reference }))),
  )
  if (!withImages) return tags.length
  const digests = new Set(found.flatMap((one) => (one === 'unknown' ? [] : [one.digest])))
  await Promise.all(
    [...digests].map((digest) => reads(() => readImage(client, repository, digest))),
  )
  return tags.length
}

const [, , url = '', authorityPath = '', withImages] = process.argv
const client = await createClient(url, authorityPath)
const startedAtMs = performance.now()
let tags = 0
for (let after: string | undefined = ''; after !== undefined; ) {
  const page: Awaited<ReturnType<RegistryClient['listCatalog']>> = await client.listCatalog(after)
  const walk = pLimit(LISTS + READS)
  const counts = await walk.map(page.names, (name) =>
    walkRepository(client, name, withImages === 'images'),
  )
  tags += counts.reduce((sum, count) => sum + count, 0)
  after = page.next
}
const seconds = (performance.now() - startedAtMs) / 1000
process.stdout.write(`${JSON.stringify({ tags, seconds })}\n`)
await client.close()
