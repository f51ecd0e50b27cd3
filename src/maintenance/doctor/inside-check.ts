import { type Check, type Finding, skipped } from './check.ts'
import type { Examination, Inside } from './examination.ts'

/** An examination that is made where the service runs. */
export interface InnerExamination extends Examination {
  readonly inside: Inside
}

export const HOW_TO_BE_INSIDE =
  'run it where the service runs, with the same WARDEN_ variables (in compose: docker compose exec warden warden doctor; after quickstart: node --env-file=.quickstart/warden/environment dist/src/main.js doctor)'

type Run = (examination: InnerExamination) => Promise<Finding>

/** A check that needs the configuration of the service; skipped where that is not there. */
export const insideCheck = (name: string, run: Run): Check<Examination> => ({
  name,
  run: async (examination) => {
    const { inside } = examination
    return inside ? run({ ...examination, inside }) : skipped('needs the configuration')
  },
})

/** A check that needs the database too; where that is away, one fault says so and no more. */
export const databaseCheck = (name: string, run: Run): Check<Examination> =>
  insideCheck(name, async (examination) =>
    examination.inside.databaseFailure === undefined
      ? run(examination)
      : skipped('the database does not answer'),
  )
