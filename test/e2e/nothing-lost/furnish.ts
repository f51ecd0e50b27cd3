import pLimit from 'p-limit'
import { createGenerator, type Generator } from '../../support/generate.ts'
import { makeImage, makeLayer } from './images.ts'
import { type Lane, PATIENCE_MS } from './rounds.ts'
import { expect, learn, type Run } from './run.ts'
import { takeStep } from './steps.ts'

const CROWDS = 4
const CROWD = 100

const RETENTION = {
  rules: [
    { template: 'latestPushed', k: 2 },
    { template: 'always', tags: 'keep-*' },
  ],
  untaggedDays: 1,
}

export const laneOf = (number: number): Lane => {
  const project = `lane-${String(number).padStart(2, '0')}`
  return {
    project,
    repositories: [`${project}/app`, `${project}/deep/web`],
    crowd: number < CROWDS ? `${project}/crowd` : undefined,
  }
}

/** Puts one image on many tags. */
async function crowd(run: Run, repository: string, from: Generator): Promise<void> {
  const image = makeImage(from, [makeLayer(from)])
  learn(run.images, image)
  const rest = { kind: 'push', mountFrom: undefined, patienceMs: PATIENCE_MS, afterMs: 0 } as const
  const push = (n: number) => takeStep(run, '', { ...rest, image, repository, tag: `old-${n}` })
  const limit = pLimit(4)
  await push(0)
  await Promise.all(Array.from({ length: CROWD - 1 }, (_, n) => limit(() => push(n + 1))))
}

/** Projects with their rules, and repositories with many tags. */
export async function furnish(run: Run): Promise<void> {
  const from = createGenerator(1)
  await Promise.all(
    run.lanes.map(async ({ project, crowd: crowded }) => {
      await expect(run, 'POST', '/projects', { name: project })
      await expect(run, 'PUT', `/projects/${project}/retention`, RETENTION)
      if (crowded !== undefined) await crowd(run, crowded, from)
    }),
  )
}
