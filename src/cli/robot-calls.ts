import type { Operations, Schemas } from '../client/generated.ts'
import type { Client, Listing } from '../client/types.ts'

/** A robot of a project or, without one, of the system; its name without `robot$` and the project. */
export interface RobotPlace {
  readonly project: string | undefined
  readonly name: string
}

/** `onBehalfOf` is for robots of the system alone. */
type NewRobot = Operations['postRobots']['body']
export type RobotChange = Operations['patchRobotsByRobot']['body']

const paramsOf = (project: string, { name }: RobotPlace) => ({ project, robot: name })

export const listRobots = (
  client: Client,
  project: string | undefined,
  atMost: number | undefined,
): Promise<Listing<Schemas['Robot']>> =>
  project === undefined
    ? client.collect('getRobots', { atMost })
    : client.collect('getProjectsRobots', { params: { project }, atMost })

export async function createRobot(
  client: Client,
  project: string | undefined,
  body: NewRobot,
): Promise<Schemas['RobotWithSecret']> {
  const { data } =
    project === undefined
      ? await client.call('postRobots', { body })
      : await client.call('postProjectsRobots', { params: { project }, body })
  return data
}

export async function readRobot(client: Client, place: RobotPlace): Promise<Schemas['Robot']> {
  const { project, name } = place
  const { data } =
    project === undefined
      ? await client.call('getRobotsByRobot', { params: { robot: name } })
      : await client.call('getProjectsRobotsByRobot', { params: paramsOf(project, place) })
  return data
}

export async function changeRobot(
  client: Client,
  place: RobotPlace,
  body: RobotChange,
): Promise<Schemas['Robot']> {
  const { project, name } = place
  const { data } =
    project === undefined
      ? await client.call('patchRobotsByRobot', { params: { robot: name }, body })
      : await client.call('patchProjectsRobotsByRobot', { params: paramsOf(project, place), body })
  return data
}

export async function deleteRobot(client: Client, place: RobotPlace): Promise<void> {
  const { project, name } = place
  if (project === undefined) await client.call('deleteRobotsByRobot', { params: { robot: name } })
  else await client.call('deleteProjectsRobotsByRobot', { params: paramsOf(project, place) })
}

/** @param overlapSeconds how long the secret before works on; undefined: as the service says */
export async function rotateRobotSecret(
  client: Client,
  place: RobotPlace,
  overlapSeconds: number | undefined,
): Promise<Schemas['RobotWithSecret']> {
  const { project, name } = place
  const body = { overlapSeconds }
  const { data } =
    project === undefined
      ? await client.call('postRobotsSecret', { params: { robot: name }, body })
      : await client.call('postProjectsRobotsSecret', { params: paramsOf(project, place), body })
  return data
}

/** Continues a sentence about what a robot may. */
export const describeActing = ({ onBehalfOf }: Schemas['Robot']): string =>
  onBehalfOf === null ? '' : `, and act on behalf of the members of ${onBehalfOf}`
