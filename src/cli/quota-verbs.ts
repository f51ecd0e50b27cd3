import type { Command } from 'commander'
import type { Schemas } from '../client/generated.ts'
import type { CommandLine } from './command-line.ts'
import {
  type Column,
  formatSize,
  type JsonOption,
  printOne,
  reportDone,
  withJson,
} from './listing.ts'
import { withApi } from './session.ts'
import { parseSize } from './sizes.ts'

type Quota = Schemas['Quota']

const PROMISE: Readonly<Record<Quota['enforcement'], string>> = {
  door: 'at the limit no upload begins and no new manifest is taken',
  token: 'at the limit nobody gets a token to push with',
}

const COLUMNS: readonly Column<Quota>[] = [
  { head: 'used', cell: ({ usedBytes }) => formatSize(usedBytes) },
  { head: 'limit', cell: ({ effectiveLimitBytes }) => formatSize(effectiveLimitBytes) ?? 'none' },
  { head: 'from', cell: ({ limitBytes }) => (limitBytes === null ? 'settings' : 'project') },
  { head: 'warning', cell: ({ warning }) => (warning ? 'nearly full' : undefined) },
  { head: 'enforcement', cell: ({ enforcement }) => PROMISE[enforcement] },
]

const showVerb = (group: Command, commandLine: CommandLine): void => {
  const command = group
    .command('show')
    .description('show what a project keeps, and may keep')
    .argument('<project>')
  withJson(command).action((project: string, options: JsonOption) =>
    withApi(commandLine, async (client) => {
      const { data: item } = await client.call('getProjectsQuota', { params: { project } })
      printOne(commandLine, { item, options, columns: COLUMNS })
    }),
  )
}

const parseLimit = (text: string): number | null => (text === 'default' ? null : parseSize(text))

function describe(project: string, { limitBytes, effectiveLimitBytes, usedBytes }: Quota): string {
  const used = `it uses ${formatSize(usedBytes)}`
  const limit = formatSize(effectiveLimitBytes)
  if (limit === null) return `The project ${project} has no limit; ${used}.`
  const from = limitBytes === null ? ', as the settings say' : ''
  return `The project ${project} may keep ${limit}${from}; ${used}.`
}

const setVerb = (group: Command, commandLine: CommandLine): void => {
  const command = group
    .command('set')
    .description('set how much a project may keep')
    .argument('<project>')
    .argument(
      '<limit>',
      'bytes, a size such as 10GiB, or default: what the settings say',
      parseLimit,
    )
  withJson(command).action((project: string, limitBytes: number | null, options: JsonOption) =>
    withApi(commandLine, async (client) => {
      const change = { params: { project }, body: { limitBytes } }
      const { data: result } = await client.call('putProjectsQuota', change)
      reportDone(commandLine, { result, options, sentences: [describe(project, result)] })
    }),
  )
}

/** `warden project quota …`. */
export function addQuotaVerbs(project: Command, commandLine: CommandLine): void {
  const group = project.command('quota').description('how much a project may keep')
  showVerb(group, commandLine)
  setVerb(group, commandLine)
}
