import { z } from 'zod'
import { cutPage, pageQuery, pageSchema, presentPage, readCursor } from '../http/page.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { hasReservedSegment, isProjectName } from '../protocol/reference.ts'
import { permissionsOf, type Subject } from '../protocol/subject.ts'
import { createProject, type ProjectDeps } from './create-project.ts'
import { givesProject } from './credential-reach.ts'
import { type DeleteProjectDeps, deleteProject } from './delete-project.ts'
import { listProjects, type ProjectListQuestion } from './list-queries.ts'
import { type RequirePermissionDeps, requireProject, userIdOf } from './require-permission.ts'
import type { Project } from './types.ts'
import { changeProject } from './update-project.ts'

const NAME_RULE =
  'must be 1 to 64 lower-case letters and digits, which single . _ - (or __) may part'

export const projectNameSchema = z
  .string()
  .refine(isProjectName, NAME_RULE)
  .refine((name) => !hasReservedSegment(name), 'is a word of the paths of a registry')

const visibilitySchema = z.enum(['public', 'private'])

const projectSchema = z
  .object({
    name: z.string(),
    visibility: visibilitySchema,
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Project' })

const presentProject = (project: Project): z.output<typeof projectSchema> => ({
  name: project.name,
  visibility: project.visibility,
  createdAt: project.createdAt.toISOString(),
  updatedAt: project.updatedAt.toISOString(),
})

/** What only administrators may, and the audit record tells apart. */
const forceQuery = z.strictObject({
  force: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
})

const projectParams = z.strictObject({ project: projectNameSchema })
const answerProject = { 200: { description: 'The project', schema: projectSchema } }

/** Whose projects a list begins with. */
function projectsOf(subject: Subject, now: Date): ProjectListQuestion['of'] {
  if (subject.kind === 'robot') {
    return subject.projectId === undefined ? 'everybody' : { projectId: subject.projectId }
  }
  const isForAll = subject.kind === 'user' && subject.systemRole !== undefined
  return isForAll ? 'everybody' : { userId: userIdOf(subject), now }
}

/** Whether what the subject signed in with reaches the project at all. */
function mayKnow(subject: Subject, { name, visibility }: Project): boolean {
  const permissions = permissionsOf(subject)
  if (permissions === undefined || visibility === 'public') return true
  return givesProject(permissions, name, true)
}

const listProjectsRoute = ({ database, now }: RequirePermissionDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects',
    summary: 'Lists the projects that the caller may read, by name',
    anonymous: true,
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page of projects', schema: pageSchema(projectSchema) } },
    handle: async ({ caller: { subject }, query, url }) => {
      const rows = await listProjects(database, {
        of: projectsOf(subject, now()),
        after: readCursor(query.cursor),
        most: query.limit + 1,
      })
      const page = cutPage(rows, query.limit, ({ name }) => name)
      const items = page.items.filter((project) => mayKnow(subject, project))
      return presentPage({ ...page, items }, presentProject, url)
    },
  })

const createProjectRoute = (deps: ProjectDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/projects',
    summary: 'Makes a project',
    query: forceQuery,
    body: z.strictObject({
      name: projectNameSchema,
      visibility: visibilitySchema.default('private'),
    }),
    answers: { 201: { description: 'The new project', schema: projectSchema } },
    handle: async ({ caller, body, query }) => {
      const project = await createProject(deps, { caller, ...body, isForced: query.force })
      const headers = { Location: `/api/v1/projects/${project.name}` }
      return { status: 201, body: presentProject(project), headers }
    },
  })

const readProjectRoute = (deps: RequirePermissionDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/projects/:project',
    summary: 'Reads a project',
    anonymous: true,
    params: projectParams,
    answers: answerProject,
    handle: async ({ caller, params }) => {
      const question = { caller, name: params.project, permission: 'project:read' } as const
      return { status: 200, body: presentProject(await requireProject(deps, question)) }
    },
  })

const changeProjectRoute = (deps: ProjectDeps): Route =>
  defineRoute({
    method: 'patch',
    path: '/projects/:project',
    summary: 'Makes a project public or private',
    params: projectParams,
    body: z.strictObject({ visibility: visibilitySchema }),
    answers: answerProject,
    handle: async ({ caller, params, body }) => {
      const project = await changeProject(deps, { caller, name: params.project, ...body })
      return { status: 200, body: presentProject(project) }
    },
  })

const deleteProjectRoute = (deps: DeleteProjectDeps): Route =>
  defineRoute({
    method: 'delete',
    path: '/projects/:project',
    summary: 'Deletes a project whose repositories have no tags',
    params: projectParams,
    query: forceQuery,
    answers: { 204: { description: 'The project is gone' } },
    handle: async ({ caller, params, query }) => {
      await deleteProject(deps, { caller, name: params.project, isForced: query.force })
      return { status: 204 }
    },
  })

export const createProjectRoutes = (deps: ProjectDeps & DeleteProjectDeps): readonly Route[] => [
  listProjectsRoute(deps),
  createProjectRoute(deps),
  readProjectRoute(deps),
  changeProjectRoute(deps),
  deleteProjectRoute(deps),
]
