import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import type { Client } from '../client/api.ts'
import type { Schemas } from '../client/generated.ts'
import { confirm } from './ask.ts'
import { createProgress } from './audit-progress.ts'
import { CommandError, type CommandLine } from './command-line.ts'
import { parseRepository } from './image-names.ts'
import { type JsonOption, printOne, reportDone, withJson } from './listing.ts'
import { printJson } from './output.ts'
import { keptOf, REMOVAL_COLUMNS } from './removal-columns.ts'
import { addRemovalLookVerbs } from './removal-look-verbs.ts'
import { withApi } from './session.ts'

const LOOK_EVERY_MS = 1000

type Removal = Schemas['Removal']

const isOpen = ({ state }: Removal): boolean => state === 'waiting' || state === 'running'

/** Waits for its end, with a bar that counts tags. */
async function waitForRemoval(
  commandLine: CommandLine,
  client: Client,
  { begun, isJson }: { readonly begun: Removal; readonly isJson: boolean },
): Promise<Removal> {
  const params = { project: begun.project, id: String(begun.id) }
  const bar = createProgress(commandLine, isJson, 'tags')
  let removal = begun
  try {
    while (isOpen(removal)) {
      await sleep(LOOK_EVERY_MS)
      removal = (await client.call('getProjectsRemovalsById', { params })).data
      const done = removal.counts.removed + keptOf(removal)
      if (!removal.dryRun) bar.show({ done, total: done + removal.counts.waiting })
    }
  } finally {
    bar.end()
  }
  return removal
}

interface StartOptions extends JsonOption {
  readonly yes?: boolean
  readonly wait?: boolean
}

function report(commandLine: CommandLine, removal: Removal, options: StartOptions): void {
  const { project, id, state, error } = removal
  if (!options.wait) {
    const sentences = [
      `The removal ${id} has begun; \`warden tag removals ${project} ${id}\` shows how far it is.`,
    ]
    reportDone(commandLine, { result: removal, options, sentences })
    return
  }
  if (options.json) printJson(commandLine, removal)
  else printOne(commandLine, { item: removal, options, columns: REMOVAL_COLUMNS })
  if (state === 'done') return
  throw new CommandError(`the removal ${id} is ${state}${error === null ? '' : `: ${error}`}`)
}

interface PruneOptions extends StartOptions {
  readonly repositories?: readonly string[]
  readonly tags?: readonly string[]
  readonly pushedBefore?: string
  readonly pulledBefore?: string
  readonly remove?: boolean
}

const pruneVerb = (tag: Command, commandLine: CommandLine): void => {
  const command = tag
    .command('prune')
    .description('say which tags of a project fit, and with --remove delete them')
    .argument('<project>')
    .option('--repositories <patterns...>', 'only in these of its repositories, such as web/*')
    .option('--tags <patterns...>', 'only these tags, such as nightly-*')
    .option('--pushed-before <time>', 'only what was pushed before, such as 2026-01-31T00:00:00Z')
    .option('--pulled-before <time>', 'only what was neither pulled nor pushed since')
    .option('--remove', 'delete them; without this nothing is deleted')
    .option('--wait', 'wait until it is done, and show what came of it')
    .option('-y, --yes', 'do not ask; needed where there is no terminal')
  withJson(command).action(async (project: string, options: PruneOptions) => {
    const { remove = false, repositories, tags, pushedBefore, pulledBefore } = options
    const question = `Delete the tags of ${project} that fit?`
    await confirm(commandLine, { question, isAgreed: !remove || options.yes === true })
    const filter = { repositories, tags, pushedBefore, pulledBefore }
    const said = Object.entries(filter).filter(([, value]) => value !== undefined)
    const body = { ...Object.fromEntries(said), dryRun: !remove }
    const removal = await withApi(commandLine, async (client) => {
      const asked = { params: { project }, body }
      const { data: begun } = await client.call('postProjectsRemovals', asked)
      const waited = { begun, isJson: options.json ?? false }
      return options.wait ? waitForRemoval(commandLine, client, waited) : begun
    })
    report(commandLine, removal, options)
  })
}

/** The verbs of `warden tag` that delete many. */
export function addRemovalVerbs(tag: Command, commandLine: CommandLine): void {
  pruneVerb(tag, commandLine)
  addRemovalLookVerbs(tag, commandLine)
}

/** `warden repo delete`. */
export function addRepositoryDeleteVerb(repository: Command, commandLine: CommandLine): void {
  const command = repository
    .command('delete')
    .description('delete all tags of a repository; the next push brings it back')
    .argument('<repository>', 'without the host, such as acme/app')
    .option('--wait', 'wait until it is done, and show what came of it')
    .option('-y, --yes', 'do not ask; needed where there is no terminal')
  withJson(command).action(async (text: string, options: StartOptions) => {
    const name = parseRepository(text)
    const question = `Delete all tags of ${name}?`
    await confirm(commandLine, { question, isAgreed: options.yes === true })
    const removal = await withApi(commandLine, async (client) => {
      const params = { name }
      const { data: begun } = await client.call('deleteRepositoriesByName', { params })
      const waited = { begun, isJson: options.json ?? false }
      return options.wait ? waitForRemoval(commandLine, client, waited) : begun
    })
    report(commandLine, removal, options)
  })
}
