import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, type Outcome, outcomeOf } from './client.ts'
import { signatureTag } from './images.ts'
import { type Job, type JobDeps, runJob } from './jobs.ts'
import { ABSENT, type Pending } from './model.ts'
import type { Step } from './rounds.ts'

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

/** @returns whether it was refused, mostly since another tag was put on it meanwhile */
async function tryDeleteManifest(
  deps: StepDeps,
  { image, repository }: Of<'delete-manifest' | 'delete-digest'>,
): Promise<boolean> {
  const { client, model } = deps
  const path = `/repositories/${repository}/manifests/${image.digest}`
  const looked = await client.tryApi('GET', `${path}/needs`)
  if (looked?.status !== 200) {
    note(deps, 'delete-manifest', 'unseen')
    return false
  }
  const { tags } = JSON.parse(looked.text) as { readonly tags: readonly string[] }
  const what = 'delete manifest'
  const pendings = tags.map((tag) =>
    model.begin({ repository, tag }, { value: ABSENT, from: image.digest, what }),
  )
  const signature = { repository, tag: signatureTag(image) }
  const followed = model.begin(signature, { value: ABSENT, what: `${what} of its subject` })
  const named = tags.length === 0 ? '' : `&tags=${tags.join(',')}`
  const answer = await client.tryApi('DELETE', `${path}?referrers=delete${named}`)
  const outcome = outcomeOf(answer)
  for (const pending of pendings) settle(pending, outcome, answer?.text)
  settle(followed, outcome === 'refused' ? 'refused' : 'unknown')
  note(deps, 'delete-manifest', outcome)
  return outcome === 'refused'
}

async function deleteManifest(
  deps: StepDeps,
  step: Of<'delete-manifest' | 'delete-digest'>,
): Promise<void> {
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    if (!(await tryDeleteManifest(deps, step))) return
  }
}

/** As `skopeo delete` does. */
async function deleteDigest(
  deps: StepDeps,
  { image: { digest }, repository }: Of<'delete-manifest' | 'delete-digest'>,
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
    default:
      note(deps, step.kind, 'asked')
      return runJob(deps, jobOf(project, step))
  }
}
