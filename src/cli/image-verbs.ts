import { type Command, Option } from 'commander'
import type { Operations, Schemas } from '../client/generated.ts'
import type { Client, Listing } from '../client/types.ts'
import { confirm } from './ask.ts'
import type { CommandLine } from './command-line.ts'
import { parseReferenceName, parseRepository, parseTagName, type TagName } from './image-names.ts'
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
import { addRemovalVerbs, addRepositoryDeleteVerb } from './removal-verbs.ts'
import { withApi } from './session.ts'
import { addTreeVerb } from './tree-verb.ts'

const REPOSITORY_COLUMNS: readonly Column<Schemas['Repository']>[] = [
  { head: 'repository', cell: ({ name }) => name },
  { head: 'tags', cell: ({ tagCount }) => tagCount },
  { head: 'size', cell: ({ sizeBytes }) => formatSize(sizeBytes) },
  { head: 'pulls', cell: ({ pullCount }) => pullCount },
  { head: 'pushed', cell: ({ pushedAt }) => pushedAt },
  { head: 'pulled', cell: ({ pulledAt }) => pulledAt },
]

const TAG_COLUMNS: readonly Column<Schemas['Tag']>[] = [
  { head: 'tag', cell: ({ name }) => name },
  { head: 'digest', cell: ({ digest }) => digest },
  { head: 'size', cell: ({ sizeBytes }) => formatSize(sizeBytes) },
  { head: 'pushed', cell: ({ pushedAt }) => pushedAt },
  { head: 'pulled', cell: ({ pulledAt }) => pulledAt },
]

const ALL_TAG_COLUMNS: readonly Column<Schemas['Tag']>[] = [
  ...TAG_COLUMNS,
  { head: 'media type', cell: ({ mediaType }) => mediaType },
  { head: 'immutable', cell: ({ immutable }) => (immutable ? 'yes' : 'no') },
]

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

const withSort = (command: Command, keys: readonly string[]): Command =>
  command.addOption(
    new Option('--sort <key>', 'by this; -KEY begins at the other end').choices(
      keys.flatMap((key) => [key, `-${key}`]),
    ),
  )

interface RepositoryListOptions extends ListOptions {
  readonly project?: string
  readonly sort?: Operations['getRepositories']['query']['sort']
  readonly under?: string
}

const listRepositories = (
  client: Client,
  { project, limit, sort, under }: RepositoryListOptions,
): Promise<Listing<Schemas['Repository']>> => {
  const asked = { query: { sort, under }, atMost: limit }
  return project === undefined
    ? client.collect('getRepositories', asked)
    : client.collect('getProjectsRepositories', { params: { project }, ...asked })
}

/** `warden repo …`. */
export function addRepositoryVerbs(program: Command, commandLine: CommandLine): void {
  const repository = program.command('repo').description('image repositories')
  addTreeVerb(repository, commandLine)
  addRepositoryDeleteVerb(repository, commandLine)
  const list = repository
    .command('list')
    .description('list the repositories that you may pull')
    .option('--project <name>', 'only those of this project')
    .option('--under <path>', 'only those below this, such as acme/team')
  withListOptions(withSort(list, ['name', 'pushedAt', 'pulledAt', 'sizeBytes'])).action(
    (options: RepositoryListOptions) =>
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

interface TagListOptions extends ListOptions {
  readonly sort?: Operations['getRepositoriesTags']['query']['sort']
  readonly name?: string
  readonly digest?: string
}

const copyTagVerb = (tag: Command, commandLine: CommandLine): void => {
  const copy = tag
    .command('copy')
    .description('put a tag on an image that is there, here or in another repository')
    .argument('<image>', 'without the host: acme/app:1.0 or acme/app@sha256:…')
    .argument('<target>', 'without the host: acme/app:stable or prod/app:1.0')
  withJson(copy).action((text: string, target: string, options: JsonOption) =>
    withApi(commandLine, async (client) => {
      const { repository: name, tag: wanted } = parseTagName(target, undefined)
      const body = { from: parseReferenceName(text) }
      const params = { name, tag: wanted }
      const { data: result } = await client.call('putRepositoriesTagsByTag', { params, body })
      const sentences = [`The tag ${wanted} of ${name} is on ${result.digest}.`]
      reportDone(commandLine, { result, options, sentences })
    }),
  )
}

/** `warden tag …`. */
export function addTagVerbs(program: Command, commandLine: CommandLine): void {
  const tag = program.command('tag').description('tags of a repository')
  showTagVerb(tag, commandLine)
  copyTagVerb(tag, commandLine)
  addRemovalVerbs(tag, commandLine)
  const list = tag
    .command('list')
    .description('list the tags of a repository')
    .argument('<repository>', 'without the host, such as acme/app')
    .option('--name <text>', 'only those whose name begins so')
    .option('--digest <digest>', 'only those on this manifest')
  const sorts = ['name', 'version', 'pushedAt', 'pulledAt', 'sizeBytes']
  withListOptions(withSort(list, sorts)).action((text: string, options: TagListOptions) =>
    withApi(commandLine, async (client) => {
      const name = parseRepository(text)
      const { limit: atMost, sort, digest } = options
      const query = { sort, name: options.name, digest }
      const listing = await client.collect('getRepositoriesTags', {
        params: { name },
        query,
        atMost,
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
