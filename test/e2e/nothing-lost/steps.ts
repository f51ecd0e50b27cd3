import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, type Outcome, outcomeOf } from './client.ts'
import { signatureTag } from './images.ts'
import { type Job, type JobDeps, runJob } from './jobs.ts'
import { ABSENT, type Pending } from './model.ts'
import { PATIENCE_MS, type Rival, type Step } from './rounds.ts'

const MOST_TRIES = 3
const PAUSE_MS = 500

export interface StepDeps extends JobDeps {
  readonly client: Client
  /** How often what had which outcome. */
  readonly counts: Map<string, number>
}

type Of<K extends Step['kind']> = Extract<Step, { readonly kind: K }>

function note({ counts }: StepDeps, kind: string, outcome: string): void {
  const key = `${kind} ${outcome}`
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

const OF_OUTCOME = {
  done: 'done',
  refused: 'undone',
  unknown: 'unknown',
  left: 'unknown',
} as const

const settle = (pending: Pending, outcome: Outcome, words?: string): void =>
  pending[OF_OUTCOME[outcome]](words)

async function push(deps: StepDeps, { repository, tag, ...step }: Of<'push'>): Promise<void> {
  const { client, model } = deps
  const asked = { ...step, repository, reference: tag }
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    try {
      await client.prepare(asked)
    } catch {
      return note(deps, 'push', 'unprepared')
    }
    const pending = model.begin({ repository, tag }, { value: step.image.digest, what: 'push' })
    const { outcome, note: words } = await client.putManifest(asked)
    settle(pending, outcome, words)
    note(deps, 'push', outcome)
    // A part of it may have been deleted since it was brought.
    if (outcome !== 'unknown' && !/BLOB_UNKNOWN/.test(words)) return
    await sleep(PAUSE_MS)
  }
}

async function copy(deps: StepDeps, { image, source, repository, tag }: Of<'copy'>): Promise<void> {
  const { client, model } = deps
  const pending = model.begin({ repository, tag }, { value: image.digest, what: 'copy' })
  const from = { repository: source, reference: image.digest }
  const answer = await client.tryApi('PUT', `/repositories/${repository}/tags/${tag}`, { from })
  settle(pending, outcomeOf(answer), answer?.text)
  note(deps, 'copy', outcomeOf(answer))
}

async function deleteTag(deps: StepDeps, { repository, tag }: Of<'delete-tag'>): Promise<void> {
  const { client, model } = deps
  const pending = model.begin({ repository, tag }, { value: ABSENT, what: 'delete tag' })
  const answer = await client.tryApi('DELETE', `/repositories/${repository}/tags/${tag}`)
  settle(pending, outcomeOf(answer), answer?.text)
  note(deps, 'delete-tag', outcomeOf(answer))
}

type Doomed = Pick<Of<'duel'>, 'image' | 'repository'>

const manifestPath = ({ image, repository }: Doomed): string =>
  `/repositories/${repository}/manifests/${image.digest}`

/** @returns the tags that are on it; undefined where it is not there, or that cannot be read */
async function readTags(deps: StepDeps, doomed: Doomed): Promise<readonly string[] | undefined> {
  const answer = await deps.client.tryApi('GET', `${manifestPath(doomed)}/needs`)
  if (answer?.status === 200) return JSON.parse(answer.text).tags
  note(deps, 'delete-manifest', 'unseen')
  return undefined
}

/** Deletes a manifest with the tags that it was seen to have. */
async function deleteWith(
  deps: StepDeps,
  doomed: Doomed,
  tags: readonly string[],
): Promise<Outcome> {
  const { client, model } = deps
  const { image, repository } = doomed
  const what = 'delete manifest'
  const pendings = tags.map((tag) =>
    model.begin({ repository, tag }, { value: ABSENT, from: image.digest, what }),
  )
  const signature = { repository, tag: signatureTag(image) }
  const followed = model.begin(signature, { value: ABSENT, what: `${what} of its subject` })
  const named = tags.length === 0 ? '' : `&tags=${tags.join(',')}`
  const path = `${manifestPath(doomed)}?referrers=delete${named}`
  const answer = await client.tryApi('DELETE', path)
  const outcome = outcomeOf(answer)
  for (const pending of pendings) settle(pending, outcome, answer?.text)
  settle(followed, outcome === 'refused' ? 'refused' : 'unknown')
  note(deps, 'delete-manifest', outcome)
  return outcome
}

/** Who is refused looks again: mostly another tag was put on it meanwhile. */
async function deleteManifest(deps: StepDeps, doomed: Doomed): Promise<void> {
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    const tags = await readTags(deps, doomed)
    if (tags === undefined || (await deleteWith(deps, doomed, tags)) !== 'refused') return
  }
}

async function duel(deps: StepDeps, { rivals, ...doomed }: Of<'duel'>): Promise<void> {
  const beganAtMs = performance.now()
  const tags = await readTags(deps, doomed)
  if (tags === undefined) return
  const lookMs = performance.now() - beganAtMs
  const rest = { ...doomed, mountFrom: undefined, patienceMs: PATIENCE_MS, afterMs: 0 }
  const rival = async ({ tag, looks, moreMs }: Rival): Promise<void> => {
    await sleep(lookMs * looks + moreMs)
    await push(deps, { ...rest, kind: 'push', tag })
  }
  await Promise.all([deleteWith(deps, doomed, tags), ...rivals.map(rival)])
}

/** As `skopeo delete` does. */
async function deleteDigest(
  deps: StepDeps,
  { image: { digest }, repository }: Doomed,
): Promise<void> {
  const { client, model } = deps
  const pending = model.beginWide((place) => place.repository === repository, {
    value: ABSENT,
    from: digest,
    isOfDigest: true,
    what: 'delete digest',
  })
  const answer = await client.deleteManifest(repository, digest)
  settle(pending, outcomeOf(answer), answer?.text)
  note(deps, 'delete-digest', outcomeOf(answer))
}

const isIn = (project: string, repository: string): boolean => repository.startsWith(`${project}/`)

function jobOf(project: string, step: Of<'remove-many' | 'delete-repository' | 'retention'>): Job {
  const removals = { path: `/projects/${project}/removals`, what: step.kind, items: '' }
  switch (step.kind) {
    case 'remove-many':
      return {
        ...removals,
        body: { repositories: step.repositories, tags: step.tags, dryRun: false },
        fits: ({ repository }) => isIn(project, repository),
      }
    case 'delete-repository':
      return {
        ...removals,
        body: undefined,
        ask: { method: 'DELETE', path: `/repositories/${step.repository}` },
        fits: ({ repository }) => repository === step.repository,
      }
    case 'retention':
      return {
        path: `/projects/${project}/retention/runs`,
        body: { dryRun: false },
        what: step.kind,
        items: '&decision=remove',
        fits: ({ repository, tag }) => isIn(project, repository) && !tag.startsWith('keep-'),
      }
  }
}

/** Does one step of a project, whatever comes of it. */
export async function takeStep(deps: StepDeps, project: string, step: Step): Promise<void> {
  await sleep(step.afterMs)
  switch (step.kind) {
    case 'push':
      return push(deps, step)
    case 'copy':
      return copy(deps, step)
    case 'delete-tag':
      return deleteTag(deps, step)
    case 'delete-manifest':
      return deleteManifest(deps, step)
    case 'delete-digest':
      return deleteDigest(deps, step)
    case 'duel':
      return duel(deps, step)
    default:
      note(deps, step.kind, 'asked')
      return runJob(deps, jobOf(project, step))
  }
}
