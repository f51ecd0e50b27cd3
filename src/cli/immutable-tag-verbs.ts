import type { Command } from 'commander'
import type { Schemas } from '../client/generated.ts'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
import { type JsonOption, reportDone, withJson } from './listing.ts'
import { printJson, printTable, say } from './output.ts'
import { withApi } from './session.ts'

type Rule = Schemas['ImmutableTags']['rules'][number]

const PROMISE: Readonly<Record<Schemas['ImmutableTags']['enforcement'], string>> = {
  door: 'A push that would move such a tag is refused.',
  'detect-and-restore': 'A push that moves such a tag is found afterwards and undone.',
}

/** `v*,release-*`, or `web/**:v*` for some repositories only. */
function parseRule(text: string): Rule {
  const parts = text.split(':')
  const [repositories = '', tags = ''] = parts.length === 1 ? ['**', text] : parts
  if (parts.length > 2 || repositories === '' || tags === '') {
    const message = `${JSON.stringify(text)} is no rule; write TAGS, or REPOSITORIES:TAGS, such as 'web/**:v*,release-*'`
    throw new CommandError(message, EXIT.usage)
  }
  return { repositories: repositories.split(','), tags: tags.split(',') }
}

const describeRule = ({ repositories, tags }: Rule): string =>
  `${repositories.join(',')}:${tags.join(',')}`

const showVerb = (group: Command, commandLine: CommandLine): void => {
  const command = group
    .command('show')
    .description('show the rules of a project')
    .argument('<project>')
  withJson(command).action((project: string, options: JsonOption) =>
    withApi(commandLine, async (client) => {
      const params = { project }
      const { data } = await client.call('getProjectsImmutableTags', { params })
      if (options.json) {
        printJson(commandLine, data)
        return
      }
      if (data.rules.length === 0) {
        say(commandLine, `No tag of the project ${project} is immutable.`)
        return
      }
      const rows = data.rules.map((rule) => [rule.repositories.join(', '), rule.tags.join(', ')])
      printTable(commandLine, ['repositories', 'tags'], rows)
      say(commandLine, PROMISE[data.enforcement])
    }),
  )
}

const SET_HELP = `
A rule is TAGS, or REPOSITORIES:TAGS; patterns are parted by commas. In both * stands for any text
within one level, and in repositories, named without the project, ** for any depth. The rules are
replaced as a whole.

Examples:
  warden project immutable-tags set acme 'v*'
  warden project immutable-tags set acme 'web/**:v*,release-*' 'api:*'
  warden project immutable-tags set acme --none`

interface SetOptions extends JsonOption {
  readonly none?: boolean
}

function readRules(texts: readonly string[], { none = false }: SetOptions): readonly Rule[] {
  if (none === texts.length > 0) {
    throw new CommandError('name the rules, or --none', EXIT.usage)
  }
  return texts.map(parseRule)
}

const setVerb = (group: Command, commandLine: CommandLine): void => {
  const command = group
    .command('set')
    .description('replace the rules of a project')
    .argument('<project>')
    .argument('[rules...]')
    .option('--none', 'let all tags move')
    .addHelpText('after', SET_HELP)
  withJson(command).action((project: string, texts: readonly string[], options: SetOptions) =>
    withApi(commandLine, async (client) => {
      const rules = [...readRules(texts, options)]
      const change = { params: { project }, body: { rules } }
      const { data: result } = await client.call('putProjectsImmutableTags', change)
      const held = result.rules.map(describeRule).join(' and ')
      const sentences =
        held === ''
          ? [`No tag of the project ${project} is immutable any more.`]
          : [
              `Tags of the project ${project} are immutable by ${held}.`,
              PROMISE[result.enforcement],
            ]
      reportDone(commandLine, { result, options, sentences })
    }),
  )
}

/** `warden project immutable-tags …`. */
export function addImmutableTagVerbs(project: Command, commandLine: CommandLine): void {
  const group = project.command('immutable-tags').description('tags that never move')
  showVerb(group, commandLine)
  setVerb(group, commandLine)
}
