import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import type { RequirePermissionDeps } from '../../projects/require-permission.ts'
import { projectNameSchema } from '../../projects/routes.ts'
import type { Door } from '../enforcement.ts'
import type { ImmutableTagRule } from '../types.ts'
import { changeImmutableTags, readImmutableTags } from './change-rules.ts'
import { changeSchema } from './rule-schemas.ts'

export interface ImmutableTagRouteDeps extends RequirePermissionDeps {
  readonly door: Door
}

const immutableTagsSchema = z
  .object({
    rules: z.array(z.object({ repositories: z.array(z.string()), tags: z.array(z.string()) })),
    enforcement: z.enum(['door', 'detect-and-restore']),
  })
  .meta({ id: 'ImmutableTags' })

type Body = z.output<typeof immutableTagsSchema>

const presentRule = ({ repositories, tags }: ImmutableTagRule): Body['rules'][number] => ({
  repositories: [...repositories],
  tags: [...tags],
})

const presenter =
  (door: Door) =>
  (rules: readonly ImmutableTagRule[]): Body => ({
    rules: rules.map(presentRule),
    enforcement: door === 'required' ? 'door' : 'detect-and-restore',
  })

const params = z.strictObject({ project: projectNameSchema })
const answers = {
  200: { description: 'The rules, and which promise they are', schema: immutableTagsSchema },
}

const readRoute = (deps: ImmutableTagRouteDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects/:project/immutable-tags',
    summary: 'Reads the rules by which tags of a project never move',
    anonymous: true,
    params,
    answers,
    handle: async ({ caller, params: { project } }) => {
      const rules = await readImmutableTags(deps, { caller, project })
      return { status: 200, body: presenter(deps.door)(rules) }
    },
  })

const changeRoute = (deps: ImmutableTagRouteDeps): Route =>
  defineRoute({
    method: 'put',
    path: '/projects/:project/immutable-tags',
    summary: 'Replaces the rules by which tags of a project never move',
    conditional: true,
    params,
    body: changeSchema,
    answers,
    handle: async ({ caller, params: { project }, body: { rules }, precondition }) => {
      const present = presenter(deps.door)
      const check = precondition.on(present)
      await changeImmutableTags(deps, { caller, project, rules, check })
      return { status: 200, body: present(rules) }
    },
  })

export const createImmutableTagRoutes = (deps: ImmutableTagRouteDeps): readonly Route[] => [
  readRoute(deps),
  changeRoute(deps),
]
