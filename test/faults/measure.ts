import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, Stage } from './fault.ts'
import { type Entry, type Gap, KINDS, type Kind, longestGap, recoveredAt } from './journal.ts'
import { findLost } from './ledger.ts'
import type { Load } from './load.ts'
import type { Site } from './site.ts'

const BEFORE_MS = 1500
/** So long nothing may fail before all is called well. */
const CALM_MS = 2000
const UNTIL_RECOVERED_MS = 60_000
const LOOK_EVERY_MS = 100
const MOST_REASONS = 5

/** What one fault did. */
export interface Row {
  readonly fault: string
  /** Why it could not be done here. */
  readonly skipped?: string
  readonly requests: number
  readonly failed: number
  readonly failedByKind: Partial<Record<Kind, number>>
  readonly longestGap: Gap
  readonly lost: readonly string[]
  /** Undefined: never. */
  readonly recoveredSeconds: number | undefined
  readonly wrongGrants: readonly string[]
  /** Figures that the fault told. */
  readonly told: readonly string[]
  /** Some of the failures. */
  readonly reasons: readonly string[]
  /** What was missed; all of it is to be reached. */
  readonly missed: readonly string[]
}

async function waitRecovered(
  load: Load,
  fromMs: number,
  overMs: number,
): Promise<number | undefined> {
  const untilMs = performance.now() + UNTIL_RECOVERED_MS
  for (;;) {
    const nowMs = performance.now()
    const entries = load.journal.since(fromMs)
    const wellMs = recoveredAt(entries, { overMs, nowMs, calmMs: CALM_MS })
    if (wellMs !== undefined || nowMs > untilMs) return wellMs
    await sleep(LOOK_EVERY_MS)
  }
}

const isFailed = ({ failure }: Entry): boolean => failure !== undefined

function countFailed(entries: readonly Entry[]): Partial<Record<Kind, number>> {
  const counts = KINDS.map((kind) => [
    kind,
    entries.filter((entry) => entry.kind === kind && isFailed(entry)).length,
  ])
  return Object.fromEntries(counts.filter(([, count]) => count !== 0))
}

type Measured = Omit<Row, 'missed'>

function findMissed({ goal }: Fault, row: Measured, noted: readonly string[]): readonly string[] {
  const checks: readonly (readonly [string, boolean])[] = [
    ['no acknowledged write is lost', row.lost.length === 0],
    ['no wrong grant', row.wrongGrants.length === 0],
    ['it recovers by itself', row.recoveredSeconds !== undefined],
    ['no request fails', goal !== 'no request fails' || row.failed === 0],
    ['no warm token fails', goal !== 'no warm token fails' || !row.failedByKind.warm],
  ]
  return [...checks.flatMap(([what, isReached]) => (isReached ? [] : [what])), ...noted]
}

const skipRow = ({ name }: Fault, skipped: string): Row => ({
  fault: name,
  skipped,
  requests: 0,
  failed: 0,
  failedByKind: {},
  longestGap: { kind: 'warm', seconds: 0 },
  lost: [],
  recoveredSeconds: undefined,
  wrongGrants: [],
  told: [],
  reasons: [],
  missed: [],
})

async function happen(scene: Pick<Stage, 'site' | 'load'>, { act }: Fault) {
  const ends: number[] = []
  const told: string[] = []
  const missed: string[] = []
  await act({
    ...scene,
    over: () => void ends.push(performance.now()),
    tell: (line) => void told.push(line),
    miss: (line) => void missed.push(line),
  })
  return { told, noted: missed, overMs: ends[0] ?? performance.now() }
}

/** Notes how many there are. @returns those that came since */
function watchGrants({ guard }: Load, { cutsOff }: Fault) {
  const before = { wrong: guard.wrong.length, inGrace: guard.inGrace.length }
  return (): { readonly wrong: readonly string[]; readonly told: readonly string[] } => {
    const wrong = guard.wrong.slice(before.wrong)
    const inGrace = guard.inGrace.slice(before.inGrace)
    if (!cutsOff) return { wrong: [...wrong, ...inGrace], told: [] }
    return { wrong, told: [`${inGrace.length} grants in grace of what others had taken away`] }
  }
}

/** Lets a fault happen under load, and reads all back that was acknowledged. */
export async function measure(site: Site, load: Load, fault: Fault): Promise<Row> {
  const obstacle = fault.obstacle?.(site)
  if (obstacle !== undefined) return skipRow(fault, obstacle)
  await load.warmUp(site.wardenUrls)
  await sleep(BEFORE_MS)
  const { journal, ledger, client } = load
  const grantsSince = watchGrants(load, fault)
  const fromMs = performance.now()
  const { told, noted, overMs } = await happen({ site, load }, fault)
  const wellMs = await waitRecovered(load, fromMs, overMs)
  const toMs = performance.now()
  const entries = journal.since(fromMs)
  const failures = entries.filter(isFailed)
  const lost = await findLost({ client, registryUrl: site.registryUrl }, ledger).catch(
    (error: unknown) => [`nothing can be read back: ${String(error)}`],
  )
  const grants = grantsSince()
  const measured: Measured = {
    fault: fault.name,
    requests: entries.length,
    failed: failures.length,
    failedByKind: countFailed(entries),
    longestGap: longestGap(entries, { fromMs, toMs }),
    lost,
    recoveredSeconds: wellMs === undefined ? undefined : (wellMs - overMs) / 1000,
    wrongGrants: grants.wrong,
    told: [...told, ...grants.told],
    reasons: [...new Set(failures.map(({ failure = '' }) => failure))].slice(0, MOST_REASONS),
  }
  return { ...measured, missed: findMissed(fault, measured, noted) }
}
