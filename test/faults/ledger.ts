import { setTimeout as sleep } from 'node:timers/promises'
import pLimit from 'p-limit'
import { digestOf } from '../../src/registry/manifests.ts'
import type { Image } from '../e2e/nothing-lost/images.ts'
import { persist } from '../e2e/nothing-lost/transport.ts'
import { ADMIN } from '../support/stack.ts'
import { apiRequest, type Client, readGrant, tokenRequest } from './client.ts'

const READS_AT_ONCE = 8
const MOST_READS = 3
const PAUSE_MS = 1000
/** Tokens live for a minute here, and a machine may be slow. */
const PUSHES_OF_A_TOKEN = 50

export interface Pushed {
  readonly repository: string
  readonly tag: string
  readonly image: Image
}

/** A value that one writer alone counts up. */
interface Register {
  sent: number
  acknowledged: number
}

/** All that was acknowledged, and therefore must be there. */
export interface Ledger {
  readonly pushes: Pushed[]
  /** By project and name; undefined while nobody knows whether it is there. */
  readonly robots: Map<string, Map<string, 'there' | 'gone' | undefined>>
  /** By user: what was written to the display name. */
  readonly registers: Map<string, Register>
}

export const createLedger = (): Ledger => ({
  pushes: [],
  robots: new Map(),
  registers: new Map(),
})

interface ReadDeps {
  readonly client: Client
  readonly registryUrl: string
}

const read = async ({ client }: ReadDeps, path: string): Promise<unknown> => {
  const { status, text } = await persist(() => client.send(apiRequest('GET', path)))
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${text}`)
  return JSON.parse(text)
}

/** From the registry itself: a manifest by its tag, and each blob, byte for byte. */
async function findLostPush(
  { client, registryUrl }: ReadDeps,
  { repository, tag, image }: Pushed,
  token: string,
): Promise<readonly string[]> {
  const headers = { authorization: `Bearer ${token}`, accept: image.mediaType }
  const things = [
    { path: `manifests/${tag}`, digest: image.digest },
    ...image.blobs.map(({ digest }) => ({ path: `blobs/${digest}`, digest })),
  ]
  const answers = await Promise.all(
    things.map(async ({ path, digest }) => {
      const where = `${registryUrl}/v2/${repository}/${path}`
      // As clients do: the registry answers 500 about a blob that is pushed again meanwhile.
      const ask = () => client.send({ method: 'GET', path: where, headers })
      const { status, body } = await persist(ask)
      return { path, status, isWhole: status === 200 && digestOf(body) === digest }
    }),
  )
  const broken = answers.find(({ isWhole }) => !isWhole)
  return broken === undefined
    ? []
    : [`${repository}:${tag}: ${broken.path} is ${broken.status} or not what was pushed`]
}

async function findLostPushes(deps: ReadDeps, { pushes }: Ledger): Promise<readonly string[]> {
  const all = [...pushes]
  const scopes = [...new Set(all.map(({ repository }) => `repository:${repository}:pull`))]
  const limit = pLimit(READS_AT_ONCE)
  const lost: string[] = []
  for (let from = 0; from < all.length; from += PUSHES_OF_A_TOKEN) {
    const those = all.slice(from, from + PUSHES_OF_A_TOKEN)
    const ask = () => deps.client.send(tokenRequest(ADMIN, scopes))
    const { token } = readGrant(await persist(ask))
    const found = those.map((pushed) => limit(() => findLostPush(deps, pushed, token)))
    lost.push(...(await Promise.all(found)).flat())
  }
  return lost
}

async function readRobotNames(deps: ReadDeps, project: string): Promise<ReadonlySet<string>> {
  const { items } = (await read(deps, `/projects/${project}/robots?limit=1000`)) as {
    readonly items: readonly { readonly name: string }[]
  }
  return new Set(items.map(({ name }) => name))
}

async function findLostRobots(deps: ReadDeps, { robots }: Ledger): Promise<readonly string[]> {
  const lost = [...robots].map(async ([project, states]) => {
    // What is answered while it is read counts the next time.
    const known = [...states]
    const names = await readRobotNames(deps, project)
    return known.flatMap(([name, state]) => {
      if (state === undefined || states.get(name) !== state) return []
      if ((state === 'there') === names.has(name)) return []
      return [`robot ${project}+${name} is not ${state}`]
    })
  })
  return (await Promise.all(lost)).flat()
}

async function findLostValues(deps: ReadDeps, { registers }: Ledger): Promise<readonly string[]> {
  const lost = [...registers].map(async ([username, register]) => {
    const { acknowledged } = register
    const { displayName } = (await read(deps, `/users/${username}`)) as {
      readonly displayName: string | null
    }
    const value = Number(displayName ?? 0)
    if (value >= acknowledged && value <= register.sent) return []
    return [`${username} has ${value}, though ${acknowledged} was acknowledged`]
  })
  return (await Promise.all(lost)).flat()
}

async function readBack(deps: ReadDeps, ledger: Ledger): Promise<readonly string[]> {
  const lost = await Promise.all([
    findLostPushes(deps, ledger),
    findLostRobots(deps, ledger),
    findLostValues(deps, ledger),
  ])
  return lost.flat()
}

/**
 * Reads all of it back. A node of a cluster may be a moment behind: what is lost is not there later on
 * either.
 *
 * @returns what is not there
 */
export async function findLost(deps: ReadDeps, ledger: Ledger): Promise<readonly string[]> {
  let lost = await readBack(deps, ledger)
  for (let tries = 1; lost.length > 0 && tries < MOST_READS; tries++) {
    await sleep(PAUSE_MS)
    lost = await readBack(deps, ledger)
  }
  return lost
}
