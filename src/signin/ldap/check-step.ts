import { reasonOf } from './directory-error.ts'

/** One step of the way to the directory: how it went, and what to do where something is to be done. */
export interface LdapCheckStep {
  readonly name: string
  readonly state: 'ok' | 'warning' | 'fault' | 'skipped'
  readonly detail: string
  readonly advice: string | undefined
  readonly ms: number
}

export type StepFinding = Pick<LdapCheckStep, 'state' | 'detail'> & { readonly advice?: string }

export const good = (detail: string): StepFinding => ({ state: 'ok', detail })
export const warn = (detail: string, advice: string): StepFinding => ({
  state: 'warning',
  detail,
  advice,
})
export const fault = (detail: string, advice: string): StepFinding => ({
  state: 'fault',
  detail,
  advice,
})
export const skip = (detail: string): StepFinding => ({ state: 'skipped', detail })

/** Steps in their order, each timed; what one throws is a fault. */
export interface StepBook {
  /** @param advice what to do where it throws */
  readonly take: (
    name: string,
    advice: string,
    step: () => Promise<StepFinding>,
  ) => Promise<LdapCheckStep>
  readonly steps: readonly LdapCheckStep[]
}

export function createStepBook(monotonicMs: () => number): StepBook {
  const steps: LdapCheckStep[] = []
  return {
    steps,
    take: async (name, advice, step) => {
      const startedAtMs = monotonicMs()
      const finding = await step().catch((error: unknown) => fault(reasonOf(error), advice))
      const ms = Math.round(monotonicMs() - startedAtMs)
      const taken = { name, advice: undefined, ...finding, ms }
      steps.push(taken)
      return taken
    },
  }
}

const SHOWN = 10

/** Some of them, with the number of the rest. */
export const someOf = (names: readonly string[]): string =>
  names.length <= SHOWN
    ? names.join(', ')
    : `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`
