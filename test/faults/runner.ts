import { parseArgs } from 'node:util'
import type { PackagesDeps } from '../../src/stack/packages.ts'
import type { Fault } from './fault.ts'
import { type Load, startLoad } from './load.ts'
import { measure, type Row } from './measure.ts'
import { type Site, type SiteOptions, startSite } from './site.ts'
import { renderMarkdown, renderMissed, renderTable, renderTold } from './table.ts'

/** What is to happen to which site. */
export interface Plan {
  /** As people call it. */
  readonly command: string
  readonly faults: readonly Fault[]
  readonly install: (deps: PackagesDeps) => Promise<void>
  readonly site: SiteOptions
  readonly graceMs?: number
}

const usage = (
  command: string,
): string => `${command} -- [--json|--markdown] [--verbose] [--list] [--only TEXT]…

--only TEXT  the faults whose name holds that text
--list       tells the names
--json       an object for programs
--markdown   the table for a document
--verbose    some of the failures of each fault
`

const say = (line: string): void => void process.stderr.write(`${line}\n`)

function readOptions({ faults }: Plan) {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      markdown: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
    },
  })
  const { only } = values
  const chosen = faults.filter(
    ({ name }) => only.length === 0 || only.some((text) => name.includes(text)),
  )
  return { ...values, chosen }
}

type Options = ReturnType<typeof readOptions>

const interruption = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => interruption.abort())
}

async function measureEach(site: Site, load: Load, { chosen, verbose }: Options): Promise<Row[]> {
  const rows: Row[] = []
  for (const fault of chosen) {
    if (interruption.signal.aborted) break
    say(`${fault.name} …`)
    const row = await measure(site, load, fault)
    rows.push(row)
    if (verbose) for (const reason of [...row.told, ...row.reasons]) say(`  ${reason}`)
    if (row.missed.length > 0) say(site.logs())
  }
  return rows
}

async function measureAll({ site: siteOptions, graceMs = 0 }: Plan, options: Options) {
  const site = await startSite(siteOptions)
  try {
    const load = await startLoad(site.place.url, { graceMs })
    try {
      const rows = await measureEach(site, load, options)
      return { rows, asked: load.guard.counts.asked }
    } finally {
      await load.stop()
    }
  } finally {
    await site.stop()
  }
}

async function run(plan: Plan): Promise<number> {
  const options = readOptions(plan)
  if (options.list) {
    process.stdout.write(options.chosen.map(({ name }) => `${name}\n`).join(''))
    return 0
  }
  if (options.chosen.length === 0) {
    say('no fault has such a name; --list tells them')
    return 2
  }
  await plan.install({ env: process.env, say })
  const { rows, asked } = await measureAll(plan, options)
  const missed = renderMissed(rows)
  const wrongGrants = rows.flatMap((row) => row.wrongGrants).length
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ rows, asked, wrongGrants, missed }, null, 2)}\n`)
  } else {
    const table = options.markdown ? renderMarkdown(rows) : renderTable(rows)
    const grants = `wrong grants: ${wrongGrants} of ${asked} asked for`
    process.stdout.write(`${[table, ...renderTold(rows), grants, ...missed].join('\n')}\n`)
  }
  return missed.length === 0 && !interruption.signal.aborted ? 0 : 1
}

/** @returns the exit code: 1 where a goal was missed, 2 where nothing could be said */
export const runFaults = (plan: Plan): Promise<number> =>
  run(plan).catch((error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    say(usage(plan.command))
    return 2
  })
