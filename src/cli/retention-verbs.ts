import { type Command, InvalidArgumentError } from 'commander'
import type { Schemas } from '../client/generated.ts'
import { confirm } from './ask.ts'
import type { CommandLine } from './command-line.ts'
import { type Column, type JsonOption, reportDone, withJson } from './listing.ts'
import { printJson, printTable, say } from './output.ts'
import { parseRule, RULES_HELP, type Rule, writeTemplate } from './retention-rules.ts'
import { addRetentionRunVerbs } from './retention-run-verbs.ts'
import { withApi } from './session.ts'

type PresentedRule = Schemas['Retention']['rules'][number]

const COLUMNS: readonly Column<PresentedRule>[] = [
  { head: 'keeps', cell: writeTemplate },
  { head: 'repositories', cell: ({ repositories }) => repositories.join(', ') },
  { head: 'tags', cell: ({ tags }) => tags.join(', ') },
]

const PROMISE: Readonly<Record<Schemas['Retention']['enforcement'], string>> = {
  door: 'A push to a tag waits while the rules take it away.',
  'put-back': 'A push that goes along with its tag is put back afterwards.',
}

function printRules(
  commandLine: CommandLine,
  { rules, schedule, nextRunAt, untaggedDays, enforcement }: Schemas['Retention'],
) {
  if (rules.length === 0) {
    say(commandLine, 'There are no rules: every tag is kept.')
    return
  }
  const head = ['rule', ...COLUMNS.map((column) => column.head)]
  const rows = rules.map((rule, index) => [index + 1, ...COLUMNS.map(({ cell }) => cell(rule))])
  printTable(commandLine, head, rows)
  say(
    commandLine,
    schedule === null
      ? 'What no rule keeps is removed when somebody asks for a run.'
      : `What no rule keeps is removed by the schedule ${schedule} (UTC), next at ${nextRunAt}.`,
  )
  say(commandLine, PROMISE[enforcement])
  if (untaggedDays === null) return
  say(
    commandLine,
    `Untagged manifests go with the garbage ${untaggedDays} days after their last use.`,
  )
}

function parseDays(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('must be a number of days')
}

const showVerb = (retention: Command, commandLine: CommandLine): void => {
  const show = retention.command('show').description('show the rules of a project')
  withJson(show.argument('<project>')).action((project: string, options: JsonOption) =>
    withApi(commandLine, async (client) => {
      const { data } = await client.call('getProjectsRetention', { params: { project } })
      if (options.json) printJson(commandLine, data)
      else printRules(commandLine, data)
    }),
  )
}

interface SetOptions extends JsonOption {
  readonly rule: readonly Rule[]
  readonly schedule?: string
  readonly untaggedDays?: number
}

const setVerb = (retention: Command, commandLine: CommandLine): void => {
  const set = retention
    .command('set')
    .description('say which tags a project keeps; the rules are replaced as a whole')
    .argument('<project>')
    .requiredOption('--rule <rule>', 'a rule; may be given several times', parseRule)
    .option('--schedule <cron>', "when the others are removed, in UTC, such as '15 3 * * *'")
    .option(
      '--untagged-days <days>',
      'let collections of garbage take untagged manifests that long after their last use',
      parseDays,
    )
    .addHelpText('after', RULES_HELP)
  withJson(set).action((project: string, options: SetOptions) =>
    withApi(commandLine, async (client) => {
      const { rule: rules, schedule, untaggedDays } = options
      const change = { params: { project }, body: { rules, schedule, untaggedDays } }
      const { data: result } = await client.call('putProjectsRetention', change)
      const when = schedule === undefined ? 'when somebody asks' : `next at ${result.nextRunAt}`
      const sentences = [
        `The project ${project} keeps what one of ${rules.length} rules keeps; the rest is removed ${when}.`,
        `Next: warden project retention run ${project} --dry-run --wait`,
      ]
      reportDone(commandLine, { result, options, sentences })
    }),
  )
}

const clearVerb = (retention: Command, commandLine: CommandLine): void => {
  const clear = retention
    .command('clear')
    .description('take the rules and the schedule away: every tag is kept')
    .argument('<project>')
    .option('--yes', 'do not ask whether you are sure')
  withJson(clear).action((project: string, options: JsonOption & { readonly yes?: boolean }) =>
    withApi(commandLine, async (client) => {
      const question = `Take the rules of ${project} away?`
      await confirm(commandLine, { question, isAgreed: options.yes === true })
      await client.call('deleteProjectsRetention', { params: { project } })
      const sentences = [`The project ${project} keeps every tag.`]
      reportDone(commandLine, { result: { project, rules: [] }, options, sentences })
    }),
  )
}

/** `warden project retention …`. */
export function addRetentionVerbs(project: Command, commandLine: CommandLine): void {
  const retention = project
    .command('retention')
    .description('rules that say which tags a project keeps, and runs that remove the others')
  showVerb(retention, commandLine)
  setVerb(retention, commandLine)
  clearVerb(retention, commandLine)
  addRetentionRunVerbs(retention, commandLine)
}
