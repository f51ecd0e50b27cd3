import { writeFileSync } from 'node:fs'
import Table from 'cli-table3'
import { installMissing } from '../../src/stack/packages.ts'
import type { Figure } from './figure.ts'
import { benchTokens } from './tokens.ts'

const USAGE = 'npm run bench -- tokens [--large]\n'
const RESULT_PATH = 'bench-tokens.json'

const round = (value: number): string => value.toFixed(value < 100 ? 1 : 0)

const verdict = (goal: Figure['goal']): string => {
  if (goal === undefined) return ''
  return goal.isReached ? 'reached' : 'missed'
}

function print(figures: readonly Figure[]): void {
  const table = new Table({
    head: ['what', 'measured', 'against', 'reference', 'ratio', 'goal', ''],
    style: { head: [] },
  })
  for (const { what, value, unit, against, reference, ratio, goal } of figures) {
    table.push([
      what,
      `${round(value)} ${unit}`,
      against,
      `${round(reference)} ${unit}`,
      ratio.toFixed(2),
      goal?.text ?? '',
      verdict(goal),
    ])
  }
  process.stdout.write(`${table.toString()}\n`)
}

const [, , what, ...options] = process.argv
if (what !== 'tokens' || options.some((option) => option !== '--large')) {
  process.stderr.write(USAGE)
  process.exit(2)
}
const REQUIREMENTS = [
  { command: 'mariadbd', packages: ['mariadb-server'] },
  { command: 'wrk', packages: ['wrk'] },
]

const tell = (line: string): void => void process.stderr.write(`${line}\n`)
await installMissing({ env: process.env, say: tell }, REQUIREMENTS)
const figures = await benchTokens(tell, { isLarge: options.includes('--large') })
print(figures)
writeFileSync(
  RESULT_PATH,
  `${JSON.stringify({ at: new Date().toISOString(), figures }, null, 2)}\n`,
)
tell(`written to ${RESULT_PATH}`)
