import test from 'ava'
import { fetchToken, pullStatus, pushImage } from '../support/image.ts'
import { pushIndex } from '../support/index-maze.ts'
import { ADMIN, type Service, startService } from '../support/service.ts'

let service: Service

test.before(async () => {
  service = await startService()
  await service.admin('POST', '/api/v1/projects', { name: 'acme' })
})
test.after.always(() => service.stop())

const remove = (repository: string, tag: string) =>
  service.admin('DELETE', `/api/v1/repositories/${repository}/tags/${tag}`)

async function listRegistryTags(repository: string): Promise<readonly string[]> {
  const token = await fetchToken(service, { as: ADMIN, scope: `repository:${repository}:pull` })
  const response = await fetch(`${service.registryUrl}/v2/${repository}/tags/list`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const { tags } = (await response.json()) as { readonly tags: readonly string[] }
  return tags.toSorted()
}

test('a tag on an index without entries is deleted where another tag is on an image', async (t) => {
  const repository = 'acme/leftover'
  await pushImage(service, { as: ADMIN, repository, tags: ['image'] })
  await pushIndex(service, { repository, tags: ['empty', 'other'] })
  t.is((await remove(repository, 'empty')).status, 204)
  t.deepEqual(await listRegistryTags(repository), ['image', 'other'])
  t.is(await pullStatus(service, { as: ADMIN, repository, tag: 'image' }), 200)
})

test('an image inside an index is one too', async (t) => {
  const repository = 'acme/inside'
  const { digest } = await pushImage(service, { as: ADMIN, repository, tags: ['image'] })
  await pushIndex(service, { repository, tags: ['multi'], child: digest, isChildImage: true })
  t.is((await remove(repository, 'image')).status, 204)
  await pushIndex(service, { repository, tags: ['empty'] })
  t.is((await remove(repository, 'empty')).status, 204)
})

test('a tag on an index without entries stays where no image is seen', async (t) => {
  const repository = 'acme/hollow'
  const child = await pushIndex(service, { repository, tags: ['empty'] })
  await pushIndex(service, { repository, tags: ['nested'], child })
  const { status, body } = await remove(repository, 'empty')
  t.is(status, 409)
  t.regex(body.detail, /^the tag empty of acme\/hollow is on an index without entries/)
})
