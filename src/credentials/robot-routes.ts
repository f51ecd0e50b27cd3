import { z } from 'zod'
import type { Caller } from '../http/caller.ts'
import { cutPage, pageQuery, pageSchema, presentPage, readCursor } from '../http/page.ts'
import { type Answer, defineRoute, type Route } from '../http/route.ts'
import { projectNameSchema } from '../projects/routes.ts'
import { changeRobot, removeRobot, rotateRobotSecret } from './change-robot.ts'
import { createRobot, type RobotWithSecret } from './create-robot.ts'
import { toDate } from './permission-schema.ts'
import { type RobotDeps, requirePlace, requireRobot } from './robot-place.ts'
import { listRobots } from './robot-queries.ts'
import {
  newRobotSchema,
  newSystemRobotSchema,
  presentRobot,
  robotChangeSchema,
  robotNameSchema,
  robotSchema,
  robotWithSecretSchema,
  rotationSchema,
  systemRobotChangeSchema,
} from './robot-schemas.ts'
import type { Robot } from './types.ts'

/** Both kinds of robots have the same routes; only where they stand differs. */
interface Home {
  /** Without `/api/v1`. */
  readonly path: string
  readonly params: { readonly project?: typeof projectNameSchema }
  /** Ends the sentences of the summaries. */
  readonly where: string
  readonly newRobot: z.ZodType<z.output<typeof newSystemRobotSchema>>
  readonly change: z.ZodType<z.output<typeof systemRobotChangeSchema>>
}

const IN_PROJECT: Home = {
  path: '/projects/:project/robots',
  params: { project: projectNameSchema },
  where: 'of a project',
  newRobot: newRobotSchema,
  change: robotChangeSchema,
}

const OF_SYSTEM: Home = {
  path: '/robots',
  params: {},
  where: 'of the system',
  newRobot: newSystemRobotSchema,
  change: systemRobotChangeSchema,
}

const homeParams = ({ params }: Home) =>
  z.strictObject(params) as unknown as z.ZodType<{ readonly project?: string }>

const robotParams = ({ params }: Home) =>
  z.strictObject({ ...params, robot: robotNameSchema }) as unknown as z.ZodType<{
    readonly project?: string
    readonly robot: string
  }>

const toPath = (
  caller: Caller,
  { project, robot }: { readonly project?: string; readonly robot: string },
) => ({ caller, project, name: robot })

const answerRobot = { 200: { description: 'The robot', schema: robotSchema } }

const listRoute = (deps: RobotDeps, home: Home): Route =>
  defineRoute({
    method: 'get',
    path: home.path,
    summary: `Lists the robots ${home.where} by name`,
    params: homeParams(home),
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page of robots', schema: pageSchema(robotSchema) } },
    handle: async ({ caller, params: { project }, query, url }) => {
      const { projectId } = await requirePlace(deps, { caller, project }, 'robot:read')
      const page = { projectId, after: readCursor(query.cursor), most: query.limit + 1 }
      const rows = await listRobots(deps.database, page)
      return presentPage(
        cutPage(rows, query.limit, ({ name }) => name),
        (robot) => presentRobot(project, robot),
        url,
      )
    },
  })

const createRoute = (deps: RobotDeps, home: Home): Route =>
  defineRoute({
    method: 'post',
    path: home.path,
    summary: `Makes a robot ${home.where}; its secret is shown this once`,
    idempotent: true,
    params: homeParams(home),
    body: home.newRobot,
    answers: {
      201: { description: 'The new robot, with its secret', schema: robotWithSecretSchema },
    },
    handle: async ({ caller, params: { project }, body, url, once }) => {
      await requirePlace(deps, { caller, project }, 'robot:write')
      const state = {
        description: body.description ?? undefined,
        permissions: body.permissions,
        networks: body.networks ?? undefined,
        expiresAt: toDate(body.expiresAt),
        disabled: false,
      }
      const present = ({ robot, secret }: RobotWithSecret): Answer => ({
        status: 201,
        body: { ...presentRobot(project, robot), secret },
        headers: { Location: `${url.pathname}/${robot.name}` },
      })
      return once.run(present, (keep) =>
        createRobot(deps, {
          caller,
          project,
          name: body.name,
          state,
          onBehalfOf: body.onBehalfOf ?? undefined,
          keep,
        }),
      )
    },
  })

const readRoute = (deps: RobotDeps, home: Home): Route =>
  defineRoute({
    method: 'get',
    path: `${home.path}/:robot`,
    summary: `Reads a robot ${home.where}`,
    params: robotParams(home),
    answers: answerRobot,
    handle: async ({ caller, params }) => {
      const { robot } = await requireRobot(deps, toPath(caller, params), 'robot:read')
      return { status: 200, body: presentRobot(params.project, robot) }
    },
  })

const changeRoute = (deps: RobotDeps, home: Home): Route =>
  defineRoute({
    method: 'patch',
    path: `${home.path}/:robot`,
    summary: `Changes a robot ${home.where}: what it may do, from where, until when, or whether at all`,
    conditional: true,
    params: robotParams(home),
    body: home.change,
    answers: answerRobot,
    handle: async ({ caller, params, body: { expiresAt, ...body }, precondition }) => {
      const end = expiresAt === undefined ? {} : { expiresAt: toDate(expiresAt) ?? null }
      const robot = await changeRobot(deps, {
        ...toPath(caller, params),
        change: { ...body, ...end },
        check: precondition.on((before: Robot) => presentRobot(params.project, before)),
      })
      return { status: 200, body: presentRobot(params.project, robot) }
    },
  })

const deleteRoute = (deps: RobotDeps, home: Home): Route =>
  defineRoute({
    method: 'delete',
    path: `${home.path}/:robot`,
    summary: `Deletes a robot ${home.where}`,
    conditional: true,
    params: robotParams(home),
    answers: { 204: { description: 'The robot is gone' } },
    handle: async ({ caller, params, precondition }) => {
      const check = precondition.on((robot: Robot) => presentRobot(params.project, robot))
      await removeRobot(deps, { ...toPath(caller, params), check })
      return { status: 204 }
    },
  })

const rotateRoute = (deps: RobotDeps, home: Home): Route =>
  defineRoute({
    method: 'post',
    path: `${home.path}/:robot/secret`,
    summary: `Gives a robot ${home.where} a new secret; the one before works on for the overlap`,
    params: robotParams(home),
    body: rotationSchema,
    answers: {
      200: { description: 'The robot, with its new secret', schema: robotWithSecretSchema },
    },
    handle: async ({ caller, params, body }) => {
      const rotation = { ...toPath(caller, params), overlapSeconds: body.overlapSeconds }
      const { robot, secret } = await rotateRobotSecret(deps, rotation)
      return { status: 200, body: { ...presentRobot(params.project, robot), secret } }
    },
  })

/** `/projects/{project}/robots…` and `/robots…`. */
export const createRobotRoutes = (deps: RobotDeps): readonly Route[] =>
  [IN_PROJECT, OF_SYSTEM].flatMap((home) => [
    listRoute(deps, home),
    createRoute(deps, home),
    readRoute(deps, home),
    changeRoute(deps, home),
    deleteRoute(deps, home),
    rotateRoute(deps, home),
  ])
