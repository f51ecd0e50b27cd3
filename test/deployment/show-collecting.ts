import { randomBytes } from 'node:crypto'
import { waitFor } from '../support/wait-for.ts'
import { assert, mustEnd } from './clients.ts'
import type { Scene } from './show-clients.ts'

const MEGABYTE = 1024 * 1024

interface Collection {
  readonly id: number
  readonly jobId: number
}

interface Job {
  readonly state: string
}

interface Ended {
  readonly state: string
  readonly error?: string | null
}

const usedBytes = async ({ project }: Scene): Promise<number> =>
  Number((await project.exec('registry', 'du', '-s', '-k', '/var/lib/registry')).split(/\s/)[0]) *
  1024

async function waitForJob({ project }: Scene, id: number): Promise<Job> {
  const { found } = await waitFor(
    async () => {
      const job = (await project.api('GET', `/jobs/${id}`)) as Job
      return ['done', 'failed', 'cancelled'].includes(job.state) && job
    },
    { mostMs: 180_000, what: `job ${id}` },
  )
  return found
}

export async function reconcile(scene: Scene): Promise<void> {
  const { jobId } = (await scene.project.api('POST', '/maintenance/reconcile', {})) as Collection
  const { state } = await waitForJob(scene, jobId)
  assert(state === 'done', `the comparison ${state}`)
}

/** Begins a collection. @returns how it ended */
export async function collect({ project }: Scene): Promise<Ended> {
  const { id } = (await project.api('POST', '/maintenance/gc', {})) as Collection
  const { found } = await waitFor(
    async () => {
      const told = (await project.api('GET', `/maintenance/gc/runs/${id}`)) as Ended
      return ['done', 'failed', 'cancelled'].includes(told.state) && told
    },
    { mostMs: 240_000, what: `the end of collection ${id}` },
  )
  return found
}

/** With its manifest: one that has lost its tag alone keeps its layers. */
export async function deleteImage({ project }: Scene, name: string, tag: string): Promise<void> {
  const { digest } = (await project.api('GET', `/repositories/${name}/tags/${tag}`)) as {
    digest: string
  }
  await project.api('DELETE', `/repositories/${name}/manifests/${digest}?tags=${tag}`)
}

/** R25 to R27, through the service `collector`. */
export async function showCollecting(scene: Scene): Promise<void> {
  const { project, clients, record } = scene
  const { host } = project
  await record.show(
    'R27: garbage goes, through the service collector; nothing else does',
    async () => {
      await mustEnd(clients.push('demo/big:old', randomBytes(3 * MEGABYTE).toString('base64')))
      await mustEnd(clients.push('demo/big:new', randomBytes(MEGABYTE).toString('base64')))
      await reconcile(scene)
      await deleteImage(scene, 'demo/big', 'old')
      const before = await usedBytes(scene)
      const { state, error } = await collect(scene)
      assert(state === 'done', `the collection ${state}: ${error}`)
      const freed = before - (await usedBytes(scene))
      assert(freed > 2 * MEGABYTE, `freed ${freed} bytes`)
      for (const name of ['demo/big:new', 'demo/hello:v1', 'demo/hello:v2']) {
        await mustEnd(clients.pull(name))
        await mustEnd(
          clients.skopeo('copy', `docker://${host}/${name}`, `dir:${scene.place.dir}/copy`),
        )
      }
      await mustEnd(clients.push('demo/big:again', 'after the collection'))
      return `${(freed / MEGABYTE).toFixed(1)} MiB freed, 3 images whole, push goes on`
    },
  )
  await record.show('R27: a stranger gets no orders', async () => {
    const body =
      'wget -q -O - --post-data "not-the-secret" http://registry-warden:5081/collector/next'
    const { code, output } = await project.compose('exec', '-T', 'collector', 'sh', '-c', body)
    assert(code !== 0 && /40[13]/.test(output), output)
    return output.split('\n')[0]
  })
  await record.show('R25: without a collector that is fit, a collection is refused', async () => {
    await project.must('stop', 'collector')
    const { state, error } = await collect(scene).finally(() => project.must('start', 'collector'))
    assert(state === 'failed', `the collection ${state}`)
    assert(/does not ask for orders/.test(error ?? ''), String(error))
    await mustEnd(clients.push('demo/big:later', 'the fence is open'))
    return '"the collector service does not ask for orders"; writes go on'
  })
}
