// `npm run test:faults`: what the whole stack does while parts of it are killed, stopped and slowed.
import { parseArgs } from 'node:util'
import {
  CLOCK_REQUIREMENTS,
  installMissing,
  SERVER_REQUIREMENTS,
} from '../../src/stack/packages.ts'
import { FAULTS } from './faults/all.ts'
import { type Load, startLoad } from './load.ts'
import { measure, type Row } from './measure.ts'
import { type Site, startSite } from './site.ts'
import { renderMarkdown, renderMissed, renderTable } from './table.ts'

const USAGE = `npm run test:faults -- [--json|--markdown] [--verbose] [--list] [--only TEXT]…

--only TEXT  the faults whose name holds that text
--list       tells the names
--json       an object for programs
--markdown   the table for a document
--verbose    some of the failures of each fault
`

const say = (line: string): void => void process.stderr.write(`${line}\n`)

function readOptions() {
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
  const chosen = FAULTS.filter(
    ({ name }) => only.length === 0 || only.some((text) => name.includes(text)),
  )
  return { ...values, chosen }
}

type Options = ReturnType<typeof readOptions>

/** A clock that cannot be moved is told in the table. */
async function installParts(): Promise<void> {
  const deps = { env: process.env, say }
  await installMissing(deps, SERVER_REQUIREMENTS)
  await installMissing(deps, CLOCK_REQUIREMENTS).catch((error: Error) => say(error.message))
}

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
    if (verbose) for (const reason of row.reasons) say(`  ${reason}`)
    if (row.missed.length > 0) say(site.logs())
  }
  return rows
}

async function measureAll(options: Options) {
  const site = await startSite({ hasDisk: true })
  try {
    const load = await startLoad(site.place.url)
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

async function main(): Promise<number> {
  const options = readOptions()
  if (options.list) {
    process.stdout.write(options.chosen.map(({ name }) => `${name}\n`).join(''))
    return 0
  }
  if (options.chosen.length === 0) {
    say('no fault has such a name; --list tells them')
    return 2
  }
  await installParts()
  const { rows, asked } = await measureAll(options)
  const missed = renderMissed(rows)
  const wrongGrants = rows.flatMap((row) => row.wrongGrants).length
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ rows, asked, wrongGrants, missed }, null, 2)}\n`)
  } else {
    const table = options.markdown ? renderMarkdown(rows) : renderTable(rows)
    const lines = [table, `wrong grants: ${wrongGrants} of ${asked} asked for`]
    process.stdout.write(`${[...lines, ...missed].join('\n')}\n`)
  }
  return missed.length === 0 && !interruption.signal.aborted ? 0 : 1
}

process.exitCode = await main().catch((error: unknown) => {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  say(USAGE)
  return 2
})
