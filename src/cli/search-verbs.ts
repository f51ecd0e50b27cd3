import { type Command, Option } from 'commander'
import type { Operations, Schemas } from '../client/generated.ts'
import type { CommandLine } from './command-line.ts'
import {
  type Column,
  formatSize,
  type ListOptions,
  printListing,
  withListOptions,
} from './listing.ts'
import { withApi } from './session.ts'

const SHOWN = 100

const HIT_COLUMNS: readonly Column<Schemas['SearchHit']>[] = [
  { head: 'repository', cell: ({ repository }) => repository },
  { head: 'tag', cell: ({ tag }) => tag },
  { head: 'digest', cell: ({ digest }) => digest },
]

const DAY_COLUMNS: readonly Column<Schemas['DayStatistics']>[] = [
  { head: 'day', cell: ({ day }) => day },
  { head: 'project', cell: ({ project }) => project },
  { head: 'pulls', cell: ({ pulls }) => pulls },
  { head: 'pushes', cell: ({ pushes }) => pushes },
  { head: 'pulled', cell: ({ pulledBytes }) => formatSize(pulledBytes) },
  { head: 'pushed', cell: ({ pushedBytes }) => formatSize(pushedBytes) },
]

type SearchOptions = ListOptions & Omit<Operations['getSearch']['query'], 'limit' | 'cursor' | 'q'>
type StatisticsOptions = ListOptions &
  Omit<Operations['getStatistics']['query'], 'limit' | 'cursor'>

/** `warden search`. */
export function addSearchVerb(program: Command, commandLine: CommandLine): void {
  const search = program
    .command('search')
    .description('find repositories, tags and images')
    .argument('[text]', 'a part of a repository name, or the beginning of a tag')
    .addOption(new Option('--kind <kind>', 'only these').choices(['repository', 'tag']))
    .option('--digest <digest>', 'where this manifest is')
    .option('--label <name=value>', 'images with this label')
  withListOptions(search).action((q: string | undefined, options: SearchOptions) =>
    withApi(commandLine, async (client) => {
      const { kind, digest, label, limit: atMost = SHOWN } = options
      const listing = await client.collect('getSearch', {
        query: { q, kind, digest, label },
        atMost,
      })
      const none = 'Nothing that you may pull was found.'
      printListing(commandLine, { listing, options, columns: HIT_COLUMNS, none })
    }),
  )
}

/** `warden statistics`. */
export function addStatisticsVerb(program: Command, commandLine: CommandLine): void {
  const statistics = program
    .command('statistics')
    .description('pulls, pushes and bytes, day by day')
    .option('--from <day>', 'from this day on, such as 2026-01-31; thirty days by default')
    .option('--until <day>', 'until this day; today by default')
    .option('--project <name>', 'only of this project')
    .option('--repository <name>', 'only of this repository')
  withListOptions(statistics).action((options: StatisticsOptions) =>
    withApi(commandLine, async (client) => {
      const { from, until, project, repository, limit: atMost } = options
      const query = { from, until, project, repository }
      const listing = await client.collect('getStatistics', { query, atMost })
      const none = 'Nothing was pulled or pushed on these days.'
      printListing(commandLine, { listing, options, columns: DAY_COLUMNS, none })
    }),
  )
}
