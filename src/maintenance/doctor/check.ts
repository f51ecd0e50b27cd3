export type CheckState = 'ok' | 'warning' | 'fault' | 'skipped'

/** What a check found out: a line for the person, and what to do where something is to be done. */
export interface Finding {
  readonly state: CheckState
  readonly detail: string
  readonly advice?: string
}

/** One question to a deployment. It changes nothing there; what it throws is a fault. */
export interface Check<Deps> {
  /** Words joined by `-`; scripts may look for it, so it stays. */
  readonly name: string
  readonly run: (deps: Deps) => Promise<Finding>
}

export interface NamedFinding extends Finding {
  readonly name: string
}

export interface Diagnosis {
  readonly checks: readonly NamedFinding[]
  readonly faults: number
  readonly warnings: number
}

export const ok = (detail: string): Finding => ({ state: 'ok', detail })
export const warning = (detail: string, advice: string): Finding => ({
  state: 'warning',
  detail,
  advice,
})
export const fault = (detail: string, advice: string): Finding => ({
  state: 'fault',
  detail,
  advice,
})
/** Not looked at: neither good nor bad. */
export const skipped = (detail: string, advice?: string): Finding =>
  advice === undefined ? { state: 'skipped', detail } : { state: 'skipped', detail, advice }

/** An error's own words; a host with several addresses fails with one error for each. */
export function reasonOf(error: unknown): string {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  return first instanceof Error ? first.message : String(first)
}

async function runCheck<Deps>(check: Check<Deps>, deps: Deps): Promise<NamedFinding> {
  try {
    return { name: check.name, ...(await check.run(deps)) }
  } catch (error) {
    const advice = 'this could not be looked at; mend the other faults first, then run it again'
    return { name: check.name, ...fault(reasonOf(error), advice) }
  }
}

/** Runs the checks one after another, in their order: later ones go by what earlier ones saw. */
export async function examine<Deps>(
  checks: readonly Check<Deps>[],
  deps: Deps,
): Promise<Diagnosis> {
  const findings: NamedFinding[] = []
  for (const check of checks) findings.push(await runCheck(check, deps))
  const count = (state: CheckState): number =>
    findings.filter((finding) => finding.state === state).length
  return { checks: findings, faults: count('fault'), warnings: count('warning') }
}
