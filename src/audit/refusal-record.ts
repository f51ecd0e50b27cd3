import type { Database } from '../database/open-database.ts'
import { AppError } from '../errors.ts'
import type { Route, RouteInput } from '../http/route.ts'
import { isProjectName, projectOf } from '../protocol/reference.ts'
import { type CountedRows, createCountedRows } from './counted-rows.ts'
import { type AuditAction, actorOf } from './record.ts'
import type { AuditRow } from './types.ts'

const MINUTE_MS = 60_000
const MOST = 500
const TARGET_LENGTH = 400

/** Records every refusal of rights to somebody who is signed in: each of its kind once a minute. */
export interface RefusalRecord {
  /** The same routes, watched. */
  readonly watch: (routes: readonly Route[]) => readonly Route[]
  readonly flush: CountedRows['flush']
}

/** Who is refused may read the project, so its name is no secret to them. */
function projectIn(route: Route, params: unknown): string | undefined {
  const { project, name } = (params ?? {}) as {
    readonly project?: unknown
    readonly name?: unknown
  }
  // A repository's name is the one that keeps its slashes.
  const isRepository = route.path.includes('*name') && typeof name === 'string'
  const found = isRepository ? projectOf(name) : project
  return typeof found === 'string' && isProjectName(found) ? found : undefined
}

function toRow(route: Route, input: RouteInput<unknown, unknown, unknown>): AuditRow {
  const { subject, origin } = input.caller
  return {
    ...actorOf(subject),
    action: 'request.refuse' satisfies AuditAction,
    target: `${route.method.toUpperCase()} ${input.url.pathname}`.slice(0, TARGET_LENGTH),
    project: projectIn(route, input.params),
    outcome: 'denied',
    ...origin,
  }
}

export function createRefusalRecord(deps: {
  readonly database: Database
  readonly monotonicMs: () => number
}): RefusalRecord {
  const overflow: AuditRow = {
    actorName: 'warden$system',
    action: 'record.overflow' satisfies AuditAction,
    target: 'refusals beyond those that are told apart',
    outcome: 'denied',
  }
  const rows = createCountedRows({ ...deps, most: MOST, everyMs: MINUTE_MS, overflow })
  const watchOne = (route: Route): Route => ({
    ...route,
    handle: async (input) => {
      try {
        return await route.handle(input)
      } catch (error) {
        const isRefusal = error instanceof AppError && error.status === 403
        if (isRefusal && input.caller.subject.kind !== 'anonymous') rows.count(toRow(route, input))
        throw error
      }
    },
  })
  return { watch: (routes) => routes.map(watchOne), flush: rows.flush }
}
