import pLimit from 'p-limit'
import { type CheckDeps, READS_AT_ONCE, read, TORN, TornError } from './check.ts'
import { ABSENT } from './model.ts'
import type { Answer } from './transport.ts'

/** @returns undefined where it is torn */
const readOrTear = (
  deps: CheckDeps,
  repository: string,
  tag: string,
): Promise<Answer | undefined> =>
  read(deps, repository, `manifests/${tag}`).catch((error: unknown) => {
    if (error instanceof TornError) return undefined
    throw error
  })

async function listRegistry(
  deps: CheckDeps,
  repository: string,
): Promise<ReadonlyMap<string, string>> {
  const { status, text } = await read(deps, repository, 'tags/list')
  const names: readonly string[] = status === 404 ? [] : (JSON.parse(text).tags ?? [])
  const found = new Map<string, string>()
  for (const name of names) {
    const answer = await readOrTear(deps, repository, name)
    if (answer === undefined) {
      found.set(name, TORN)
      continue
    }
    // A registry that is killed in the middle of a delete may leave an empty folder behind.
    if (answer.status === 200) found.set(name, String(answer.headers['docker-content-digest']))
  }
  return found
}

async function listIndex(
  { client }: CheckDeps,
  repository: string,
): Promise<ReadonlyMap<string, string>> {
  const { status, text } = await client.api('GET', `/repositories/${repository}/tags?limit=1000`)
  if (status === 404) return new Map()
  if (status !== 200) throw new Error(`${repository}: ${status} ${text}`)
  const { items } = JSON.parse(text) as { items: readonly { name: string; digest: string }[] }
  return new Map(items.map(({ name, digest }) => [name, digest]))
}

/** Holds the index against the registry's own lists. @returns where they differ */
export async function compareIndex(
  deps: CheckDeps,
  repositories: readonly string[],
): Promise<readonly string[]> {
  const limit = pLimit(READS_AT_ONCE)
  const compare = async (repository: string): Promise<readonly string[]> => {
    const [index, registry] = await Promise.all([
      listIndex(deps, repository),
      listRegistry(deps, repository),
    ])
    const names = [...new Set([...index.keys(), ...registry.keys()])]
    return names
      .filter((name) => registry.get(name) !== TORN && index.get(name) !== registry.get(name))
      .map((name) => {
        const [ours, theirs] = [index.get(name) ?? ABSENT, registry.get(name) ?? ABSENT]
        const history = deps.model.describe({ repository, tag: name })
        return `${repository}:${name} is ${ours} in the index, ${theirs} at the registry\n${history}`
      })
  }
  return (await Promise.all(repositories.map((one) => limit(() => compare(one))))).flat()
}
