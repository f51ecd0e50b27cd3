import { InvalidArgumentError } from 'commander'
import type { Operations } from '../client/generated.ts'
import { TEMPLATES, type Template } from '../policies/retention/types.ts'

export type Rule = Operations['putProjectsRetention']['body']['rules'][number]
type PresentedRule = Operations['getProjectsRetention']['answer']['rules'][number]

export const RULES_HELP = `
A rule is one word, or several in quotes: what it keeps, then what it is about.
  latestPushed=10     the ten tags of each repository that were pushed last
  latestPulled=10     the ten that were pulled last
  pushedWithin=30     what was pushed within 30 days
  pulledWithin=30     what was pulled or pushed within 30 days
  always              everything
  repositories=a,b/*  of these repositories of the project only; all by default
  tags=v*,stable      of these tags only; all by default
A tag is kept when one rule keeps it, and when no rule is about it.

Examples:
  warden project retention set acme --rule always\\ tags=v* --rule latestPushed=10
  warden project retention set acme --rule 'pulledWithin=90 repositories=web/**' --schedule '15 3 * * *'
`

const invalid = (text: string, what: string): InvalidArgumentError =>
  new InvalidArgumentError(`${what}: ${text}; see --help for how a rule is written`)

const isTemplate = (word: string): word is Template => TEMPLATES.some((name) => name === word)

function parseAmount(text: string, value: string | undefined): number {
  if (value !== undefined && /^[1-9]\d{0,4}$/.test(value)) return Number(value)
  throw invalid(text, 'the first word needs a number from 1 behind =')
}

function parseScope(text: string, words: readonly string[]): Pick<Rule, 'repositories' | 'tags'> {
  const scope: { repositories?: string[]; tags?: string[] } = {}
  for (const word of words) {
    const [name, value = ''] = word.split('=', 2)
    if ((name !== 'repositories' && name !== 'tags') || value === '') {
      throw invalid(text, 'only repositories=… and tags=… may follow')
    }
    scope[name] = value.split(',')
  }
  return scope
}

function parseTemplate(text: string, word: string): Rule {
  const [template = '', value] = word.split('=', 2)
  if (!isTemplate(template)) throw invalid(text, `a rule begins with ${TEMPLATES.join(', ')}`)
  switch (template) {
    case 'always':
      if (value !== undefined) throw invalid(text, 'always has no number')
      return { template }
    case 'latestPushed':
    case 'latestPulled':
      return { template, k: parseAmount(text, value) }
    case 'pushedWithin':
    case 'pulledWithin':
      return { template, days: parseAmount(text, value) }
  }
}

/** Reads a rule as it is written on a command line, behind those before it. */
export function parseRule(text: string, before: readonly Rule[] = []): readonly Rule[] {
  const [first = '', ...words] = text.trim().split(/\s+/)
  return [...before, { ...parseTemplate(text, first), ...parseScope(text, words) }]
}

/** What it keeps, as it is written on a command line. */
export const writeTemplate = ({ template, k = undefined, days = k }: PresentedRule): string =>
  days === undefined ? template : `${template}=${days}`
