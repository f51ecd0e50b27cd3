import type { Command } from 'commander'
import type { Schemas } from '../client/generated.ts'
import { confirm } from './ask.ts'
import type { CommandLine } from './command-line.ts'
import { parseReferenceName } from './image-names.ts'
import {
  type Column,
  formatSize,
  type JsonOption,
  printOne,
  reportDone,
  withJson,
} from './listing.ts'
import { printJson, printTable, say } from './output.ts'
import { withApi } from './session.ts'

type Manifest = Schemas['Manifest']
type Child = Manifest['children'][number]

const platformText = (platform: Manifest['platform']): string | null =>
  platform &&
  [platform.os, platform.architecture, platform.variant].filter((part) => part !== null).join('/')

const childText = ({ digest, role, platform }: Child): string =>
  `${digest} ${role === 'attestation' ? role : (platformText(platform) ?? '')}`.trim()

const listText = (texts: readonly string[]): string | null => texts.join(', ') || null

const COLUMNS: readonly Column<Manifest>[] = [
  { head: 'digest', cell: ({ digest }) => digest },
  { head: 'kind', cell: ({ kind }) => kind },
  { head: 'media type', cell: ({ mediaType }) => mediaType },
  { head: 'size', cell: ({ sizeBytes }) => formatSize(sizeBytes) },
  { head: 'tags', cell: ({ tags }) => tags.join(', ') || null },
  { head: 'platform', cell: ({ platform }) => platformText(platform) },
  { head: 'artifact type', cell: ({ artifactType }) => artifactType },
  { head: 'subject', cell: ({ subjectDigest }) => subjectDigest },
  { head: 'created', cell: ({ config }) => config?.createdAt },
  { head: 'pulled', cell: ({ pulledAt }) => pulledAt },
]

const LONG_COLUMNS: readonly Column<Manifest>[] = [
  ...COLUMNS,
  {
    head: 'labels',
    cell: ({ config }) =>
      Object.entries(config?.labels ?? {})
        .map(([name, value]) => `${name}=${value}`)
        .join(', ') || null,
  },
  { head: 'holds', cell: ({ children }) => listText(children.map(childText)) },
]

const GROUPS = ['signatures', 'sboms', 'attestations', 'others'] as const

const NEEDS_COLUMNS: readonly Column<Schemas['ManifestNeeds']>[] = [
  { head: 'tags', cell: ({ tags }) => listText(tags) },
  { head: 'indexes', cell: ({ indexes }) => listText(indexes) },
  { head: 'referrers', cell: ({ referrers }) => listText(referrers) },
]

const needsVerb = (manifest: Command, commandLine: CommandLine): void => {
  const needs = manifest
    .command('needs')
    .description('look at what hangs on an image: tags, indexes that lead to it, referrers')
    .argument('<image>', 'without the host, by digest: acme/app@sha256:…')
  withJson(needs).action((text: string, options: JsonOption) =>
    withApi(commandLine, async (client) => {
      const { repository: name, reference: digest } = parseReferenceName(text)
      const params = { name, digest }
      const { data: item } = await client.call('getRepositoriesManifestsNeeds', { params })
      printOne(commandLine, { item, options, columns: NEEDS_COLUMNS })
    }),
  )
}

interface DeleteOptions extends JsonOption {
  readonly tags?: string
  readonly referrers?: boolean
  readonly yes?: boolean
}

const deleteVerb = (manifest: Command, commandLine: CommandLine): void => {
  const remove = manifest
    .command('delete')
    .description('delete an image with every tag that is on it; `warden tag delete` takes one tag')
    .argument('<image>', 'without the host, by digest: acme/app@sha256:…')
    .option('--tags <names>', 'the tags on it, all of them, parted by commas')
    .option('--referrers', 'delete signatures and the like about it, too')
    .option('-y, --yes', 'do not ask; needed where there is no terminal')
  withJson(remove).action(async (text: string, options: DeleteOptions) => {
    const { repository: name, reference: digest } = parseReferenceName(text)
    const question = `Delete ${digest} of ${name} with its tags?`
    await confirm(commandLine, { question, isAgreed: options.yes === true })
    await withApi(commandLine, async (client) => {
      const query = {
        tags: options.tags,
        ...(options.referrers && { referrers: 'delete' as const }),
      }
      await client.call('deleteRepositoriesManifestsByDigest', { params: { name, digest }, query })
      reportDone(commandLine, {
        result: { repository: name, digest, deleted: true },
        options,
        sentences: [`${digest} of ${name} is gone; garbage collection frees its space.`],
      })
    })
  })
}

/** `warden manifest …`. */
export function addManifestVerbs(program: Command, commandLine: CommandLine): void {
  const manifest = program.command('manifest').description('images, and what is kept about them')
  const show = manifest
    .command('show')
    .description('show what an image is, by tag or digest')
    .argument('<image>', 'without the host: acme/app:1.0 or acme/app@sha256:…')
  withJson(show).action((text: string, options: JsonOption) =>
    withApi(commandLine, async (client) => {
      const { repository: name, reference } = parseReferenceName(text)
      const params = { name, reference }
      const { data: item } = await client.call('getRepositoriesManifestsByReference', { params })
      printOne(commandLine, { item, options, columns: LONG_COLUMNS })
    }),
  )
  const referrers = manifest
    .command('referrers')
    .description('list signatures, SBOMs and attestations of an image')
    .argument('<image>', 'without the host, by digest: acme/app@sha256:…')
    .option('--artifact-type <type>', 'only those of this type')
  withJson(referrers).action((text: string, options: JsonOption & { artifactType?: string }) =>
    withApi(commandLine, async (client) => {
      const { repository: name, reference: digest } = parseReferenceName(text)
      const query = { artifactType: options.artifactType }
      const asked = { params: { name, digest }, query }
      const { data } = await client.call('getRepositoriesReferrersByDigest', asked)
      if (options.json) return printJson(commandLine, data)
      if (data.manifests.length === 0) return say(commandLine, 'There is nothing about it.')
      const rows = GROUPS.flatMap((group) => data.groups[group].map((one) => [group, one]))
      return printTable(commandLine, ['group', 'digest'], rows)
    }),
  )
  needsVerb(manifest, commandLine)
  deleteVerb(manifest, commandLine)
}
