import test from 'ava'
import { fetchToken, pushImage } from '../support/image.ts'
import { findIndexedTag, isSettled, pushIndexed } from '../support/index-rows.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'
import { waitFor } from '../support/wait-for.ts'

let service: Service

test.before(async () => {
  service = await startService({ notifies: true, env: { WARDEN_DOOR: 'off' } })
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
  await service.admin('PUT', '/api/v1/projects/acme/immutable-tags', {
    rules: [{ repositories: '**', tags: 'v*' }],
  })
})
test.after.always(() => service.stop())

async function digestAtRegistry(repository: string, tag: string): Promise<string | undefined> {
  const token = await fetchToken(service, { as: ADMIN, scope: `repository:${repository}:pull` })
  const response = await fetch(`${service.registryUrl}/v2/${repository}/manifests/${tag}`, {
    method: 'HEAD',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/vnd.oci.image.manifest.v1+json',
    },
  })
  return response.headers.get('docker-content-digest') ?? undefined
}

const restores = async (repository: string) => {
  const { body } = await service.admin(
    'GET',
    `/api/v1/audit?action=tag.restore&target=${repository}:v1`,
  )
  return body.items.map(({ actor, outcome }: { actor: string; outcome: string }) => [
    actor,
    outcome,
  ])
}

test.serial(
  'R31: without the door a push that moved an immutable tag is undone and recorded',
  async (t) => {
    const repository = 'acme/app'
    const first = await pushIndexed(service, { as: ADMIN, repository, tags: ['v1', 'latest'] })
    const second = await pushImage(service, {
      as: ADMIN,
      repository,
      tags: ['v1', 'latest'],
      text: 'another',
    })
    await waitFor(async () => (await restores(repository)).length > 0)
    await waitFor(() => isSettled(service))
    t.is(await digestAtRegistry(repository, 'v1'), first.digest)
    t.is(await digestAtRegistry(repository, 'latest'), second.digest)
    t.is((await findIndexedTag(service, { repository, tag: 'v1' }))?.digest, first.digest)
    t.is((await findIndexedTag(service, { repository, tag: 'latest' }))?.digest, second.digest)
    t.deepEqual(await restores(repository), [['warden$system', 'done']])
    const metrics = await fetch(`${service.privateUrl}/metrics`).then((response) => response.text())
    t.regex(metrics, /warden_immutable_tags_moved_total\{outcome="restored"\} 1/)
  },
)

test.serial(
  'what the tag was on and is gone cannot be put back, and that is recorded',
  async (t) => {
    const repository = 'acme/lost'
    const first = await pushIndexed(service, { as: ADMIN, repository, tags: ['v1'] })
    const scope = `repository:${repository}:delete`
    const token = await fetchToken(service, { as: ADMIN, scope })
    await fetch(`${service.registryUrl}/v2/${repository}/manifests/${first.digest}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    })
    const second = await pushImage(service, { as: ADMIN, repository, tags: ['v1'], text: 'other' })
    await waitFor(async () => (await restores(repository)).length > 0)
    await waitFor(
      async () =>
        (await findIndexedTag(service, { repository, tag: 'v1' }))?.digest === second.digest,
    )
    t.deepEqual((await restores(repository))[0], ['warden$system', 'failed'])
  },
)
