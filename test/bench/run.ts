import { writeFileSync } from 'node:fs'
import Table from 'cli-table3'
import { installMissing } from '../../src/stack/packages.ts'
import { benchCosts } from './costs.ts'
import type { Figure } from './figure.ts'
import { benchIndex } from './index.ts'
import { benchIntake } from './intake.ts'
import { benchLdap } from './ldap.ts'
import { benchRegistry } from './registry.ts'
import { benchTokens } from './tokens.ts'

const USAGE = 'npm run bench -- tokens|index|intake|registry|ldap|costs [--large]\n'
const MARIADB = { command: 'mariadbd', packages: ['mariadb-server'] }
const WRK = { command: 'wrk', packages: ['wrk'] }
const REGISTRY = { command: 'docker-registry', packages: ['docker-registry'] }

const BENCHES = {
  tokens: { measure: benchTokens, needs: [MARIADB, WRK] },
  index: { measure: benchIndex, needs: [MARIADB, REGISTRY, WRK] },
  intake: { measure: benchIntake, needs: [MARIADB, REGISTRY, WRK] },
  registry: {
    measure: benchRegistry,
    needs: [MARIADB, REGISTRY, { command: 'nginx', packages: ['nginx'] }],
  },
  costs: { measure: benchCosts, needs: [MARIADB, REGISTRY, WRK] },
  ldap: { measure: benchLdap, needs: [MARIADB, { command: 'slapd', packages: ['slapd'] }] },
} as const

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
const isKnown = (name: string | undefined): name is keyof typeof BENCHES =>
  name !== undefined && Object.hasOwn(BENCHES, name)

if (!isKnown(what) || options.some((option) => option !== '--large')) {
  process.stderr.write(USAGE)
  process.exit(2)
}
const { measure, needs } = BENCHES[what]
const resultPath = `bench-${what}.json`

const tell = (line: string): void => void process.stderr.write(`${line}\n`)
await installMissing({ env: process.env, say: tell }, needs)
const figures = await measure(tell, { isLarge: options.includes('--large') })
print(figures)
writeFileSync(resultPath, `${JSON.stringify({ at: new Date().toISOString(), figures }, null, 2)}\n`)
tell(`written to ${resultPath}`)
