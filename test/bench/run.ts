import { writeFileSync } from 'node:fs'
import Table from 'cli-table3'
import { installMissing } from '../../src/stack/packages.ts'
import { benchTokens, type Figure } from './tokens.ts'

const USAGE = 'npm run bench -- tokens\n'
const RESULT_PATH = 'bench-tokens.json'

const round = (value: number): string => value.toFixed(value < 100 ? 1 : 0)

function print(figures: readonly Figure[]): void {
  const table = new Table({
    head: ['what', 'per second', 'against', 'per second', 'ratio', 'goal', ''],
    style: { head: [] },
  })
  for (const figure of figures) {
    table.push([
      figure.what,
      round(figure.perSecond),
      figure.against,
      round(figure.referencePerSecond),
      figure.ratio.toFixed(2),
      `>= ${figure.goal}`,
      figure.ratio >= figure.goal ? 'reached' : 'missed',
    ])
  }
  process.stdout.write(`${table.toString()}\n`)
}

if (process.argv[2] !== 'tokens') {
  process.stderr.write(USAGE)
  process.exit(2)
}
const REQUIREMENTS = [
  { command: 'mariadbd', packages: ['mariadb-server'] },
  { command: 'wrk', packages: ['wrk'] },
]

const tell = (line: string): void => void process.stderr.write(`${line}\n`)
await installMissing({ env: process.env, say: tell }, REQUIREMENTS)
const figures = await benchTokens(tell)
print(figures)
writeFileSync(
  RESULT_PATH,
  `${JSON.stringify({ at: new Date().toISOString(), figures }, null, 2)}\n`,
)
tell(`written to ${RESULT_PATH}`)
