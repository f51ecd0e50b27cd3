import { isProjectName } from '../protocol/reference.ts'
import { type CredentialPermission, ROBOT_PREFIX } from '../protocol/subject.ts'

const NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/
const NAME_LENGTH = 50

/** Lower-case letters and digits, single `.`, `_` or `-` between them, at most 50. */
export const isRobotName = (text: string): boolean => text.length <= NAME_LENGTH && NAME.test(text)

/** What a robot signs in as: `robot$project+name` in a project, `robot$name` for the system. */
export const robotUsername = (project: string | undefined, name: string): string =>
  `${ROBOT_PREFIX}${project === undefined ? '' : `${project}+`}${name}`

/** In letters and signs of ASCII: nothing else may fold into them (R8), or reach the database. */
const ASCII = /^[\x21-\x7e]+$/

/** Takes such a name apart; undefined when it is none. Upper case counts as lower case. */
export function parseRobotUsername(
  username: string,
): { readonly project: string | undefined; readonly name: string } | undefined {
  if (!ASCII.test(username)) return undefined
  const lower = username.toLowerCase()
  if (!lower.startsWith(ROBOT_PREFIX)) return undefined
  const rest = lower.slice(ROBOT_PREFIX.length)
  const plus = rest.indexOf('+')
  const name = rest.slice(plus + 1)
  const project = plus === -1 ? undefined : rest.slice(0, plus)
  const isProject = project === undefined || isProjectName(project)
  return isProject && isRobotName(name) ? { project, name } : undefined
}

/** The permissions of a project's robot with patterns of whole names. */
export const inProject = (
  project: string | undefined,
  permissions: readonly CredentialPermission[],
): readonly CredentialPermission[] =>
  project === undefined
    ? permissions
    : permissions.map(({ repositories, actions }) => ({
        repositories: repositories.map((pattern) => `${project}/${pattern}`),
        actions,
      }))
