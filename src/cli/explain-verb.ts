import type { Command } from 'commander'
import type { Schemas } from '../client/generated.ts'
import { CommandError, type CommandLine, EXIT } from './command-line.ts'
import { type Column, type JsonOption, printListing, withJson } from './listing.ts'
import { printJson, say } from './output.ts'
import { withApi } from './session.ts'

const COLUMNS: readonly Column<Schemas['AccessDecision']>[] = [
  {
    head: 'resource',
    cell: ({ type, name }) => (type === 'repository' ? name : `${type}:${name}`),
  },
  { head: 'action', cell: ({ action }) => action },
  { head: 'allowed', cell: ({ allowed }) => (allowed ? 'yes' : 'no') },
  { head: 'rule', cell: ({ rule }) => rule },
  { head: 'until', cell: ({ until }) => until },
]

const WHOLE = /^[a-z0-9]+(?:\([a-z0-9]+\))?:[^:]+:/
const ACTIONS: ReadonlySet<string> = new Set(['pull', 'push', 'delete', '*', ''])
const WITH_PORT = /^[^/:]+:\d+\//

/** @throws CommandError where a tag stands in the place of actions: nobody would ever be allowed it */
function refuseTag(text: string): void {
  const [, name = '', word = ''] = /^(.*):([^:/]*)$/.exec(text) ?? []
  if (name === '' || word.split(',').every((action) => ACTIONS.has(action))) return
  throw new CommandError(
    `rights hold for a whole repository, not for the tag ${word}: write ${name}, or ${name}:pull`,
    EXIT.usage,
  )
}

/** `acme/app` asks for all actions, `acme/app:pull` for one; a whole scope is taken as it is. */
function toScope(text: string): string {
  if (WHOLE.test(text) && !WITH_PORT.test(text)) return text
  const hasActions = text.replace(WITH_PORT, '').includes(':')
  if (hasActions) refuseTag(text)
  return `repository:${text}${hasActions ? '' : ':*'}`
}

/** No name of a subject holds a colon or a slash, and a scope without both can only stand second. */
function splitWords(words: readonly string[]): {
  readonly subject: string | undefined
  readonly scopes: readonly string[]
} {
  const [first = '', ...rest] = words
  const isSubject = !/[:/]/.test(first)
  const scopes = (isSubject ? rest : words).map(toScope)
  if (scopes.length > 0) return { subject: isSubject ? first : undefined, scopes }
  throw new CommandError(
    `say what ${first} might do, such as: warden explain ${first} demo/app:push`,
    EXIT.usage,
  )
}

const EXPLAIN_HELP = `
The subject is a user, a robot (in single quotes: 'robot$demo+ci') or anonymous; without it, you. A
scope is a repository, with actions after a colon or without them for all; or a whole scope of the token
grammar. The answer is what a token would hold that the subject asks for now. You may ask about yourself;
about others on repositories of projects that you administer, or as administrator or auditor.

Examples:
  warden explain alice demo/app:push
  warden explain 'robot$demo+ci' demo/app demo/db:pull
  warden explain anonymous registry:catalog:*`

/** `warden explain`. */
export function addExplainVerb(program: Command, commandLine: CommandLine): void {
  const command = program
    .command('explain')
    .description('say which rule lets somebody pull, push or delete, or does not')
    .usage('[options] [subject] <scope...>')
    .argument('<words...>', 'such as: alice demo/app:push')
    .addHelpText('after', EXPLAIN_HELP)
  withJson(command).action((words: readonly string[], options: JsonOption) => {
    const { subject, scopes } = splitWords(words)
    return withApi(commandLine, async (client) => {
      const body = { subject, scope: scopes }
      const { data: answer } = await client.call('postExplain', { body })
      if (options.json) {
        printJson(commandLine, answer)
        return
      }
      if (subject === undefined) say(commandLine, `This is decided for ${answer.subject}.`)
      const listing = { items: answer.decisions, hasMore: false }
      const none = 'No action was asked for.'
      printListing(commandLine, { listing, options, columns: COLUMNS, none })
    })
  })
}
