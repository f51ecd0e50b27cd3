import { type Command, Option } from 'commander'
import type { Schemas } from '../client/generated.ts'
import type { Visibility } from '../projects/types.ts'
import { confirm } from './ask.ts'
import type { CommandLine } from './command-line.ts'
import { addImmutableTagVerbs } from './immutable-tag-verbs.ts'
import {
  type Column,
  type JsonOption,
  type ListOptions,
  printListing,
  printOne,
  reportDone,
  withJson,
  withListOptions,
} from './listing.ts'
import { addQuotaVerbs } from './quota-verbs.ts'
import { addRetentionVerbs } from './retention-verbs.ts'
import { withApi } from './session.ts'

const COLUMNS: readonly Column<Schemas['Project']>[] = [
  { head: 'project', cell: ({ name }) => name },
  { head: 'visibility', cell: ({ visibility }) => visibility },
  { head: 'created', cell: ({ createdAt }) => createdAt },
]

const MEANING: Readonly<Record<Visibility, string>> = {
  public: 'everybody may pull from it, without signing in',
  private: 'its members alone may pull from it',
}

interface ForceOptions extends JsonOption {
  readonly force?: boolean
}

interface CreateOptions extends ForceOptions {
  readonly public?: boolean
}

const forceOf = ({ force }: ForceOptions) => (force ? ({ force: 'true' } as const) : {})

const createVerb = (project: Command, commandLine: CommandLine): void => {
  const command = project
    .command('create')
    .description('make a project; you become its administrator')
    .argument('<name>', 'the first path segment of its repositories')
    .option('--public', 'let everybody pull, without signing in')
    .option('--force', 'use the name of a deleted project at once, with the images it still has')
  withJson(command).action((name: string, options: CreateOptions) =>
    withApi(commandLine, async (client, { url }) => {
      const visibility = options.public ? 'public' : 'private'
      const body = { name, visibility } as const
      const query = forceOf(options)
      const { data: result } = await client.call('postProjects', { body, query })
      reportDone(commandLine, {
        result,
        options,
        sentences: [
          `The project ${result.name} is made: ${MEANING[visibility]}.`,
          `Next: docker push ${new URL(url).host}/${result.name}/IMAGE:TAG`,
          `Next: warden member set ${result.name} USER --role developer`,
        ],
      })
    }),
  )
}

const readVerbs = (project: Command, commandLine: CommandLine): void => {
  const list = project
    .command('list')
    .description('list the projects that you may read')
    .option('--name <text>', 'only those whose name begins so')
  withListOptions(list).action((options: ListOptions & { readonly name?: string }) =>
    withApi(commandLine, async (client) => {
      const query = { name: options.name }
      const listing = await client.collect('getProjects', { query, atMost: options.limit })
      const none = 'There are no projects that you may read.'
      printListing(commandLine, { listing, options, columns: COLUMNS, none })
    }),
  )
  withJson(project.command('show').description('show a project').argument('<name>')).action(
    (name: string, options: JsonOption) =>
      withApi(commandLine, async (client) => {
        const params = { project: name }
        const { data: item } = await client.call('getProjectsByProject', { params })
        printOne(commandLine, { item, options, columns: COLUMNS })
      }),
  )
}

const setVerb = (project: Command, commandLine: CommandLine): void => {
  const command = project
    .command('set')
    .description('make a project public or private')
    .argument('<name>')
    .addOption(
      new Option('--visibility <visibility>', 'who may pull')
        .choices(['public', 'private'])
        .makeOptionMandatory(),
    )
  withJson(command).action(
    (name: string, options: JsonOption & { readonly visibility: Visibility }) =>
      withApi(commandLine, async (client) => {
        const { visibility } = options
        const change = { params: { project: name }, body: { visibility } }
        const { data: result } = await client.call('patchProjectsByProject', change)
        const sentences = [`The project ${result.name} is ${visibility}: ${MEANING[visibility]}.`]
        reportDone(commandLine, { result, options, sentences })
      }),
  )
}

const deleteVerb = (project: Command, commandLine: CommandLine): void => {
  const command = project
    .command('delete')
    .description('delete a project whose repositories have no tags, with its members and robots')
    .argument('<name>')
    .option('--force', 'also with images: they stay in the registry, for administrators alone')
    .option('--yes', 'do not ask whether you are sure')
  withJson(command).action((name: string, options: ForceOptions & { readonly yes?: boolean }) =>
    withApi(commandLine, async (client) => {
      await confirm(commandLine, {
        question: `Delete the project ${name} with its members and robots?`,
        isAgreed: options.yes === true,
      })
      const query = forceOf(options)
      await client.call('deleteProjectsByProject', { params: { project: name }, query })
      reportDone(commandLine, {
        result: { name, deleted: true },
        options,
        sentences: [
          `The project ${name} is deleted; its name is free when the last token has ended.`,
        ],
      })
    }),
  )
}

/** `warden project …`. */
export function addProjectVerbs(program: Command, commandLine: CommandLine): void {
  const project = program
    .command('project')
    .description('projects: repositories under one first path segment, with members')
  createVerb(project, commandLine)
  readVerbs(project, commandLine)
  setVerb(project, commandLine)
  deleteVerb(project, commandLine)
  addRetentionVerbs(project, commandLine)
  addImmutableTagVerbs(project, commandLine)
  addQuotaVerbs(project, commandLine)
}
