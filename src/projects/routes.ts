import { z } from 'zod'
import { pageSchema, presentPage } from '../http/page.ts'
import { type Answer, defineRoute, type Route } from '../http/route.ts'
import { createSorting } from '../http/sorted-page.ts'
import { hasReservedSegment, isProjectName } from '../protocol/reference.ts'
import { permissionsOf, type Subject } from '../protocol/subject.ts'
import { createProject, type ProjectDeps, requireProjectCreation } from './create-project.ts'
import { givesProject } from './credential-reach.ts'
import { type DeleteProjectDeps, deleteProject } from './delete-project.ts'
import { listProjects, type ProjectListQuestion } from './list-queries.ts'
import {
  type RequirePermissionDeps,
  requireProject,
  requireSystem,
  userIdOf,
} from './require-permission.ts'
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

const presentNewProject = (project: Project): Answer => ({
  status: 201,
  body: presentProject(project),
  headers: { Location: `/api/v1/projects/${project.name}` },
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

const projectSorting = createSorting<Project>({
  name: 'name',
  nameOf: ({ name }) => name,
  times: { createdAt: ({ createdAt }) => createdAt },
})

const nameStartSchema = z
  .string()
  .regex(/^[a-z0-9._-]{1,64}$/, 'must be 1 to 64 lower-case letters, digits, . _ or -')
  .meta({ description: 'Beginning of the name' })

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
    summary: 'Lists the projects that the caller may read',
    anonymous: true,
    query: z.strictObject({
      ...projectSorting.query,
      name: nameStartSchema.optional(),
      visibility: visibilitySchema.optional(),
    }),
    answers: { 200: { description: 'A page of projects', schema: pageSchema(projectSchema) } },
    handle: async ({ caller: { subject }, query, url }) => {
      const rows = await listProjects(database, {
        of: projectsOf(subject, now()),
        position: projectSorting.read(query),
        name: query.name,
        visibility: query.visibility,
        most: query.limit + 1,
      })
      const page = projectSorting.cut(rows, query)
      const items = page.items.filter((project) => mayKnow(subject, project))
      return presentPage({ ...page, items }, presentProject, url)
    },
  })

const createProjectRoute = (deps: ProjectDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/projects',
    summary: 'Makes a project',
    idempotent: true,
    refusals: [502],
    query: forceQuery,
    body: z.strictObject({
      name: projectNameSchema,
      visibility: visibilitySchema.default('private'),
    }),
    answers: { 201: { description: 'The new project', schema: projectSchema } },
    handle: async ({ caller, body, query, once }) => {
      if (query.force) requireSystem(caller, 'project:create')
      else requireProjectCreation(caller, await deps.runtimeSettings.read())
      const input = { caller, ...body, isForced: query.force }
      return once.run(presentNewProject, (keep) => createProject(deps, { ...input, keep }))
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
    conditional: true,
    params: projectParams,
    body: z.strictObject({ visibility: visibilitySchema }),
    answers: answerProject,
    handle: async ({ caller, params, body, precondition }) => {
      const check = precondition.on(presentProject)
      const project = await changeProject(deps, { caller, name: params.project, ...body, check })
      return { status: 200, body: presentProject(project) }
    },
  })

const deleteProjectRoute = (deps: DeleteProjectDeps): Route =>
  defineRoute({
    method: 'delete',
    path: '/projects/:project',
    summary: 'Deletes a project whose repositories have no tags',
    conditional: true,
    refusals: [502],
    params: projectParams,
    query: forceQuery,
    answers: { 204: { description: 'The project is gone' } },
    handle: async ({ caller, params, query, precondition }) => {
      const check = precondition.on(presentProject)
      await deleteProject(deps, { caller, name: params.project, isForced: query.force, check })
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
