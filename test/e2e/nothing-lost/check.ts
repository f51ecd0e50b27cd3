import pLimit from 'p-limit'
import { type Client, fits } from './client.ts'
import type { Image } from './images.ts'
import { ABSENT, type Model, type Place } from './model.ts'
import { isTorn } from './torn.ts'
import type { Answer } from './transport.ts'

export const READS_AT_ONCE = 12
/** What a tag is on for the moment in which it is taken away. */
const PASSING = 'passing'
/** What the stock registry leaves of a tag that it was writing when it was killed: an empty file. */
export const TORN = 'torn'

export interface CheckDeps {
  readonly client: Client
  readonly model: Model
  /** All that was ever to be pushed, by its digest. */
  readonly images: ReadonlyMap<string, Image>
  /** Of the registry. */
  readonly storageDir: string
}

/** What is read once for all tags that are on it. */
interface Pulling extends CheckDeps {
  readonly read: Map<string, Promise<readonly string[]>>
}

interface Found {
  readonly value: string
  /** What cannot be pulled of it. */
  readonly missing: readonly string[]
}

/** What the registry cannot read itself, since it was killed while it wrote it. */
export class TornError extends Error {}

/** @throws TornError */
export async function read(
  { client, storageDir }: CheckDeps,
  repository: string,
  path: string,
): Promise<Answer> {
  const answer = await client.read(repository, path)
  if (answer.status === 200 || answer.status === 404) return answer
  const digests = path.includes('sha256:') ? [path.slice(path.indexOf('sha256:'))] : []
  if (isTorn(storageDir, repository, digests)) throw new TornError(`${repository} ${path}`)
  throw new Error(`${repository} ${path}: ${answer.status} ${answer.text}`)
}

const isWhole = (digest: string, answer: Answer): boolean =>
  answer.status === 200 && fits(digest, answer)

/** @returns what of an image does not come as it was pushed */
async function findMissing(
  pulling: Pulling,
  repository: string,
  { blobs, children }: Image,
): Promise<readonly string[]> {
  const missing: string[] = []
  for (const { digest } of blobs) {
    if (!isWhole(digest, await read(pulling, repository, `blobs/${digest}`))) missing.push(digest)
  }
  for (const child of children) {
    const answer = await read(pulling, repository, `manifests/${child.digest}`)
    if (!isWhole(child.digest, answer)) missing.push(child.digest)
    else missing.push(...(await findMissing(pulling, repository, child)))
  }
  return missing
}

/** Once for all tags that are on it. */
function findMissingOnce(
  pulling: Pulling,
  repository: string,
  image: Image,
): Promise<readonly string[]> {
  const key = `${repository} ${image.digest}`
  const missing = pulling.read.get(key) ?? findMissing(pulling, repository, image)
  pulling.read.set(key, missing)
  return missing
}

async function pull(pulling: Pulling, place: Place): Promise<Found> {
  const { repository, tag } = place
  const answer = await read(pulling, repository, `manifests/${tag}`)
  if (answer.status === 404) return { value: ABSENT, missing: [] }
  const digest = String(answer.headers['docker-content-digest'])
  const image = pulling.images.get(digest)
  if (image === undefined) return { value: PASSING, missing: [] }
  const missing = isWhole(digest, answer) ? [] : [digest]
  const more = await findMissingOnce(pulling, repository, image)
  return { value: digest, missing: [...missing, ...more] }
}

const pullOrTear = (pulling: Pulling, place: Place): Promise<Found> =>
  pull(pulling, place).catch((error: unknown) => {
    if (error instanceof TornError) return { value: TORN, missing: [] }
    throw error
  })

const isOdd = (value: string): boolean => value === TORN || value === PASSING

/** Whether a tag may be on what nobody pushed. */
const mayBeOdd = (
  { model }: CheckDeps,
  place: Place,
  { value, allowed, isAtEnd }: { value: string; allowed: ReadonlySet<string>; isAtEnd: boolean },
): boolean => (value === TORN ? model.isOpen(place.repository) : allowed.has(ABSENT) && !isAtEnd)

/** @returns what is wrong with a tag, as far as it can be known now; undefined: nothing */
async function judge(
  pulling: Pulling,
  place: Place,
  isAtEnd: boolean,
): Promise<string | undefined> {
  const beganAtMs = performance.now()
  const { value, missing } = await pullOrTear(pulling, place)
  const allowed = pulling.model.allowed(place, beganAtMs, performance.now())
  const name = `${place.repository}:${place.tag}`
  const isFine = isOdd(value)
    ? mayBeOdd(pulling, place, { value, allowed, isAtEnd })
    : allowed.has(value)
  if (!isFine) return `${name} is ${value}, and may be ${[...allowed].join(' or ')}`
  if (missing.length === 0) return undefined
  // What was moved or deleted while it was read proves nothing.
  const again = await pullOrTear({ ...pulling, read: new Map() }, place)
  if (again.value !== value || again.missing.length === 0) return undefined
  return `${name} is on ${value} and lacks ${again.missing.join(', ')}`
}

/** Pulls tags whole, and says of each that is not as it may be what was done to it. */
export async function checkPlaces(
  deps: CheckDeps,
  places: readonly Place[],
  { isAtEnd }: { readonly isAtEnd: boolean },
): Promise<readonly string[]> {
  const limit = pLimit(READS_AT_ONCE)
  const pulling = { ...deps, read: new Map() }
  const faults = await Promise.all(
    places.map((place) =>
      limit(async () => {
        const fault = await judge(pulling, place, isAtEnd)
        return fault === undefined ? [] : [`${fault}\n${deps.model.describe(place)}`]
      }),
    ),
  )
  return faults.flat()
}
