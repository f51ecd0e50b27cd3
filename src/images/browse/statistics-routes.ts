import { z } from 'zod'
import { AppError } from '../../errors.ts'
import type { Caller } from '../../http/caller.ts'
import { pageQuery, pageSchema } from '../../http/page.ts'
import { defineRoute, type Route } from '../../http/route.ts'
import { requireProject } from '../../projects/require-permission.ts'
import { projectNameSchema } from '../../projects/routes.ts'
import { repositoryNameSchema } from '../name-schemas.ts'
import { requireRepository } from '../require-repository.ts'
import {
  type DayPage,
  type DayPlace,
  readProjectStatistics,
  readRepositoryStatistics,
  readStatistics,
  requireDays,
} from './read-statistics.ts'
import { type BrowseDeps, presentSealed } from './requests.ts'
import { openCursor } from './sealed-cursor.ts'

const DAY_MS = 86_400_000
/** Beside today. */
const USUAL_DAYS = 29

const daySchema = z
  .object({
    day: z.iso.date(),
    project: z.string(),
    pulls: z.int(),
    pushes: z.int(),
    pulledBytes: z.int(),
    pushedBytes: z.int(),
  })
  .meta({ id: 'DayStatistics' })

/** No registry is older, and not every database knows all the days before. */
const FIRST_DAY = '2000-01-01'

const askedDay = z.iso
  .date()
  .refine((day) => day >= FIRST_DAY, `must be ${FIRST_DAY} or a later day`)

const statisticsQuery = z.strictObject({
  ...pageQuery,
  from: askedDay.optional(),
  until: askedDay.optional(),
  project: projectNameSchema.optional(),
  repository: repositoryNameSchema.optional(),
})
type StatisticsQuery = z.output<typeof statisticsQuery>

/** Thirty days until today, where nothing else is asked. */
function readDays({ now }: BrowseDeps, { from, until }: StatisticsQuery) {
  const last = until ?? now().toISOString().slice(0, 10)
  const first = new Date(Date.parse(last) - USUAL_DAYS * DAY_MS).toISOString().slice(0, 10)
  const days = { from: from ?? first, until: last }
  requireDays(days)
  return days
}

async function findFigures(
  deps: BrowseDeps,
  { caller, query }: { readonly caller: Caller; readonly query: StatisticsQuery },
  after: DayPlace | undefined,
): Promise<DayPage> {
  const { project, repository, limit } = query
  const input = { subject: caller.subject, ...readDays(deps, query), after, limit }
  if (project !== undefined && repository !== undefined) {
    const detail = 'ask for a project or for a repository, not for both'
    throw new AppError('REQUEST_INVALID', { detail, faults: [{ pointer: 'project', detail }] })
  }
  if (repository !== undefined) {
    await requireRepository(deps, { caller, repository, permission: 'repository:pull' })
    return readRepositoryStatistics(deps, { ...input, repository })
  }
  if (project === undefined) return readStatistics(deps, input)
  await requireProject(deps, { caller, name: project, permission: 'project:read' })
  return readProjectStatistics(deps, { ...input, project })
}

export const createStatisticsRoutes = (deps: BrowseDeps): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/statistics',
    summary: 'Lists pulls, pushes and bytes by day and project, or of one repository by day',
    anonymous: true,
    query: statisticsQuery,
    answers: { 200: { description: 'A page of days', schema: pageSchema(daySchema) } },
    refusals: [403, 404],
    handle: async ({ caller, query, url }) => {
      const { nameSeal: seal } = deps
      const question = { list: 'statistics', query }
      const [day, project] = openCursor(seal, question) ?? []
      const after = day ? { day: String(day), project: String(project) } : undefined
      const page = await findFigures(deps, { caller, query }, after)
      const keyOf = (place: DayPlace) => [place.day, place.project]
      return presentSealed(page, { seal, question, keyOf, present: (figures) => figures, url })
    },
  }),
]
