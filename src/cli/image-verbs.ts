import type { Command } from 'commander'
import type { Schemas } from '../client/generated.ts'
import type { Client, Listing } from '../client/types.ts'
import { confirm } from './ask.ts'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
import {
  type Column,
  formatSize,
  type JsonOption,
  type ListOptions,
  printListing,
  printOne,
  reportDone,
  withJson,
  withListOptions,
} from './listing.ts'
import { withApi } from './session.ts'

const REPOSITORY_COLUMNS: readonly Column<Schemas['Repository']>[] = [
  { head: 'repository', cell: ({ name }) => name },
  { head: 'tags', cell: ({ tagCount }) => tagCount },
  { head: 'size', cell: ({ sizeBytes }) => formatSize(sizeBytes) },
  { head: 'pushed', cell: ({ pushedAt }) => pushedAt },
]

const TAG_COLUMNS: readonly Column<Schemas['Tag']>[] = [
  { head: 'tag', cell: ({ name }) => name },
  { head: 'digest', cell: ({ digest }) => digest },
  { head: 'size', cell: ({ sizeBytes }) => formatSize(sizeBytes) },
  { head: 'pushed', cell: ({ pushedAt }) => pushedAt },
]

const ALL_TAG_COLUMNS: readonly Column<Schemas['Tag']>[] = [
  ...TAG_COLUMNS,
  { head: 'media type', cell: ({ mediaType }) => mediaType },
  { head: 'pulled', cell: ({ pulledAt }) => pulledAt },
  { head: 'immutable', cell: ({ immutable }) => (immutable ? 'yes' : 'no') },
]

/** Docker's way to name an image has the registry's host in front; the API's has not. */
function parseRepository(text: string): string {
  const [first = '', ...rest] = text.split('/')
  if (!first.includes(':') && first !== 'localhost') return text
  const example = rest.join('/').split(':', 1)[0] || 'acme/app'
  throw new CommandError(
    `${text} begins with the host of a registry; leave that away: ${example}`,
    EXIT.usage,
  )
}

interface TagName {
  readonly repository: string
  readonly tag: string
}

/** Takes `acme/app 1.0` and `acme/app:1.0`. */
function parseTagName(text: string, tag: string | undefined): TagName {
  if (text.includes('@')) {
    throw new CommandError(`${text} names a digest; name a tag, such as acme/app:1.0`, EXIT.usage)
  }
  if (tag !== undefined) return { repository: parseRepository(text), tag }
  const colon = text.lastIndexOf(':')
  if (colon === -1 || text.includes('/', colon)) {
    throw new CommandError(`${text} has no tag; write ${text}:TAG or ${text} TAG`, EXIT.usage)
  }
  return { repository: parseRepository(text.slice(0, colon)), tag: text.slice(colon + 1) }
}

async function deleteTag(
  commandLine: CommandLine,
  { repository, tag }: TagName,
  options: JsonOption & { readonly yes?: boolean },
): Promise<void> {
  await withApi(commandLine, async (client) => {
    const question = `Delete the tag ${tag} of ${repository}?`
    await confirm(commandLine, { question, isAgreed: options.yes === true })
    await client.call('deleteRepositoriesTagsByTag', { params: { name: repository, tag } })
    reportDone(commandLine, {
      result: { repository, tag, deleted: true },
      options,
      sentences: [`The tag ${tag} of ${repository} is gone.`],
    })
  })
}

interface RepositoryListOptions extends ListOptions {
  readonly project?: string
}

const listRepositories = (
  client: Client,
  { project, limit }: RepositoryListOptions,
): Promise<Listing<Schemas['Repository']>> =>
  project === undefined
    ? client.collect('getRepositories', { atMost: limit })
    : client.collect('getProjectsRepositories', { params: { project }, atMost: limit })

/** `warden repo …`. */
export function addRepositoryVerbs(program: Command, commandLine: CommandLine): void {
  const repository = program.command('repo').description('image repositories')
  const list = repository
    .command('list')
    .description('list the repositories that you may pull')
    .option('--project <name>', 'only those of this project')
  withListOptions(list).action((options: RepositoryListOptions) =>
    withApi(commandLine, async (client) => {
      const listing = await listRepositories(client, options)
      const none = 'There are no repositories that you may pull.'
      printListing(commandLine, { listing, options, columns: REPOSITORY_COLUMNS, none })
    }),
  )
  const show = repository
    .command('show')
    .description('show a repository')
    .argument('<repository>', 'without the host, such as acme/app')
  withJson(show).action((text: string, options: JsonOption) =>
    withApi(commandLine, async (client) => {
      const params = { name: parseRepository(text) }
      const { data: item } = await client.call('getRepositoriesByName', { params })
      printOne(commandLine, { item, options, columns: REPOSITORY_COLUMNS })
    }),
  )
}

const showTagVerb = (tag: Command, commandLine: CommandLine): void => {
  const show = tag
    .command('show')
    .description('show one tag')
    .argument('<repository>', 'without the host, such as acme/app; or acme/app:1.0')
    .argument('[tag]')
  withJson(show).action((text: string, name: string | undefined, options: JsonOption) => {
    const { repository, tag } = parseTagName(text, name)
    return withApi(commandLine, async (client) => {
      const params = { name: repository, tag }
      const { data: item } = await client.call('getRepositoriesTagsByTag', { params })
      printOne(commandLine, { item, options, columns: ALL_TAG_COLUMNS })
    })
  })
}

/** `warden tag …`. */
export function addTagVerbs(program: Command, commandLine: CommandLine): void {
  const tag = program.command('tag').description('tags of a repository')
  showTagVerb(tag, commandLine)
  const list = tag
    .command('list')
    .description('list the tags of a repository by name')
    .argument('<repository>', 'without the host, such as acme/app')
  withListOptions(list).action((text: string, options: ListOptions) =>
    withApi(commandLine, async (client) => {
      const name = parseRepository(text)
      const listing = await client.collect('getRepositoriesTags', {
        params: { name },
        atMost: options.limit,
      })
      const none = `The repository ${name} has no tags.`
      printListing(commandLine, { listing, options, columns: TAG_COLUMNS, none })
    }),
  )
  const remove = tag
    .command('delete')
    .description('delete one tag; other tags on the same image stay')
    .argument('<repository>', 'without the host, such as acme/app; or acme/app:1.0')
    .argument('[tag]')
    .option('-y, --yes', 'do not ask; needed where there is no terminal')
  withJson(remove).action(
    (text: string, name: string | undefined, options: JsonOption & { readonly yes?: boolean }) =>
      deleteTag(commandLine, parseTagName(text, name), options),
  )
}
