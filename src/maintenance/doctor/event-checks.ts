import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { findAnyTag } from '../../images/tag-queries.ts'
import { findSourceAgeSeconds } from '../../notifications/intake-queries.ts'
import { MANIFEST_ACCEPT } from '../../protocol/media-types.ts'
import { isRepositoryName, isTag } from '../../protocol/reference.ts'
import type { Access } from '../../protocol/scope.ts'
import { repositoryAccess } from '../../registry/answers.ts'
import { fault, ok, skipped, warning } from './check.ts'
import { databaseCheck, type InnerExamination } from './inside-check.ts'

/** A registry that could not deliver tries again every two seconds. */
const WAIT_MS = 8000
const LOOK_EVERY_MS = 200
const REPOSITORIES = 20

const ADVICE =
  'see that notifications of the registry are switched on, lead to the private listener of the service, and send "Authorization: Bearer" with the secret of WARDEN_NOTIFICATIONS_SECRET; a registry that runs already must be restarted'

interface Image {
  readonly repository: string
  readonly tag: string
}

const catalogSchema = z.object({ repositories: z.array(z.string()).nullable() })
const tagsSchema = z.object({ tags: z.array(z.string()).nullable() })

async function askRegistry(
  { ask, inside }: InnerExamination,
  path: string,
  access: readonly Access[],
) {
  const authorization = `Bearer ${inside.tokenFor?.(access)}`
  const headers = { authorization, accept: MANIFEST_ACCEPT }
  return ask(`${inside.config.registry.url}/v2/${path}`, { headers })
}

/** Something that can be read: of the index, else the first that the registry itself has. */
async function findImage(examination: InnerExamination): Promise<Image | undefined> {
  const known = await findAnyTag(examination.inside.database)
  if (known !== undefined) return known
  const whole = { type: 'registry', name: 'catalog', actions: ['*'] }
  const catalog = await askRegistry(examination, `_catalog?n=${REPOSITORIES}`, [whole])
  for (const repository of catalogSchema.safeParse(catalog.json).data?.repositories ?? []) {
    if (!isRepositoryName(repository)) continue
    const pull = repositoryAccess(repository, 'pull')
    const list = await askRegistry(examination, `${repository}/tags/list`, pull)
    const tag = tagsSchema.safeParse(list.json).data?.tags?.find(isTag)
    if (tag !== undefined) return { repository, tag }
  }
  return undefined
}

/** @returns after how long the service had heard of a registry; undefined when it did not */
async function waitForEvent({ inside }: InnerExamination): Promise<number | undefined> {
  const startedAtMs = performance.now()
  for (;;) {
    const passedMs = performance.now() - startedAtMs
    const ageSeconds = await findSourceAgeSeconds(inside.database)
    if (ageSeconds !== undefined && ageSeconds * 1000 < passedMs) return passedMs
    if (passedMs > WAIT_MS) return undefined
    await sleep(LOOK_EVERY_MS)
  }
}

/** Reads an image as the service itself does, which the registry has to tell of. */
const events = databaseCheck('events', async (examination) => {
  const { inside } = examination
  if (inside.config.notifications.secret === undefined) {
    const detail = 'WARDEN_NOTIFICATIONS_SECRET is not set: pushes and pulls are not heard of'
    return warning(detail, `set it to a random text; then ${ADVICE}`)
  }
  if (inside.tokenFor === undefined) return skipped('there is no authority to sign with')
  const image = await findImage(examination).catch(() => undefined)
  if (image === undefined) return skipped('the registry holds nothing yet that could be read')
  const heard = waitForEvent(examination)
  const { repository, tag } = image
  const pull = repositoryAccess(repository, 'pull')
  const answer = await askRegistry(examination, `${repository}/manifests/${tag}`, pull)
  const tookMs = await heard
  if (tookMs !== undefined) return ok(`an event came ${Math.round(tookMs)} ms after a read`)
  if (answer.status !== 200) return skipped(`the registry answered ${answer.status} to a read`)
  return fault('the registry was read, and no event of it came', ADVICE)
})

/** What registries tell the service. */
export const EVENT_CHECKS = [events] as const
