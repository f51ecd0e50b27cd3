import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { createMetrics } from '../../src/metrics/create-metrics.ts'
import { HISTOGRAMS } from '../../src/metrics/histograms.ts'
import { METRICS } from '../../src/metrics/names.ts'
import { LOOPBACK } from '../../src/stack/ports.ts'
import { parseExposition } from '../support/exposition.ts'
import { startPrometheus } from '../support/prometheus.ts'
import { runCommand } from '../support/run-command.ts'
import { startService } from '../support/service.ts'
import { findObstacle, testUnless } from '../support/skip-aloud.ts'
import { makeTemporaryDir, removeDir } from '../support/temporary-dir.ts'

const FOLDER = 'compose/monitoring'
const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8')
const declare = testUnless(findObstacle(['promtool', 'prometheus'], { asRoot: false }))

interface Rule {
  readonly alert: string
  readonly severity: string
  readonly expression: string
  readonly for: string
}

/** As docs/metrics.md tells them. */
const rules: readonly Rule[] = read('alerts.yml')
  .split('      - alert: ')
  .slice(1)
  .map((text) => {
    const value = (name: string) => new RegExp(`^ +${name}: (.*)$`, 'm').exec(text)?.[1]
    return {
      alert: text.slice(0, text.indexOf('\n')),
      severity: value('severity') ?? '',
      expression: (value('expr') ?? '').slice(1, -1),
      for: value('for') ?? 'at once',
    }
  })

interface Panel {
  readonly title: string
  readonly type: string
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>
  readonly targets?: readonly { readonly expr: string }[]
}

const panels: readonly Panel[] = JSON.parse(read('dashboard.json')).panels

/** What Grafana puts in where people choose. */
const charted = panels
  .flatMap(({ targets = [] }) => targets)
  .map(({ expr }) => expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m'))

/** Metrics with the matchers of their labels, such as `a_total{b="c"}`. */
const SELECTOR = /\b((?:warden|process|nodejs)_\w+)(?:\{([^}]*)\})?/g

/** By name as it is exposed; of what every program with this client library has, the labels are not told. */
async function listLabels(): Promise<ReadonlyMap<string, readonly string[] | undefined>> {
  const { types } = parseExposition((await createMetrics().expose()).text)
  const histograms = Object.entries(HISTOGRAMS).flatMap(([name, { labels }]) => [
    [`${name}_bucket`, [...labels, 'le']] as const,
    [`${name}_count`, labels] as const,
    [`${name}_sum`, labels] as const,
  ])
  return new Map<string, readonly string[] | undefined>([
    ...[...types.keys()].map((name) => [name, undefined] as const),
    ...Object.entries(METRICS).map(([name, { labels }]) => [name, labels] as const),
    ...histograms,
  ])
}

test('alerts and dashboard ask for metrics and labels that are there', async (t) => {
  const known = await listLabels()
  const strangers = [...charted, ...rules.map(({ expression }) => expression)].flatMap((text) =>
    [...text.matchAll(SELECTOR)].flatMap(([, name = '', matchers = '']) => {
      if (!known.has(name)) return [name]
      const labels = [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label)
      const own = known.get(name)
      // Prometheus itself adds where it asked.
      const all = own && new Set([...own, 'instance', 'job'])
      return labels
        .filter((label) => all && !all.has(label ?? ''))
        .map((label) => `${name} ${label}`)
    }),
  )
  t.deepEqual(strangers, [])
  t.true(charted.length > 30)
})

test('docs/metrics.md has every alert as it is', (t) => {
  const rows = readFileSync('docs/metrics.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `Warden'))
  const expected = rules.map(
    ({ alert, severity, expression, for: long }) =>
      `| \`${alert}\` | ${severity} | \`${expression}\` | ${long} |`,
  )
  t.deepEqual(rows, expected)
})

test('no panel of the dashboard covers another', (t) => {
  const covered = panels.flatMap((one, index) =>
    panels.slice(index + 1).flatMap((other) => {
      const [a, b] = [one.gridPos, other.gridPos]
      const isApart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y
      return isApart ? [] : [`${one.title}, ${other.title}`]
    }),
  )
  t.deepEqual(covered, [])
})

declare('each alert is raised by what it is for, and not by less', async (t) => {
  const tried = [...read('alerts.test.yml').matchAll(/alertname: (\w+)/g)].map(([, name]) => name)
  t.deepEqual(
    tried,
    rules.flatMap(({ alert }) => [alert, alert]),
  )
  const { code, output } = await runCommand('promtool', [
    'test',
    'rules',
    join(FOLDER, 'alerts.test.yml'),
  ])
  t.is(code, 0, output)
})

declare('Prometheus takes its configuration and the alerts', async (t) => {
  const path = join(FOLDER, 'prometheus.yml')
  const { code, output } = await runCommand('promtool', ['check', 'config', path])
  t.is(code, 0, output)
  t.regex(output, new RegExp(`${rules.length} rules found`))
})

declare(
  'a real Prometheus reads a real service, and answers all that the dashboard asks',
  async (t) => {
    const dir = makeTemporaryDir()
    const service = await startService({ registryUrl: `http://${LOOPBACK}:9` })
    const prometheus = await startPrometheus(dir, new URL(service.privateUrl).host)
    try {
      await service.admin('GET', '/api/v1/users')
      await prometheus.untilRead('warden_http_requests_total{route="/api/v1/users"}')
      const empty: string[] = []
      for (const expression of charted) {
        const { status, result } = await prometheus.query(expression)
        t.is(status, 'success', expression)
        if (result.length === 0) empty.push(expression)
      }
      // Metrics are there from the start, but for failures: any other panel without a line asks wrongly.
      const isOfFailures = (text: string) => /warden_http_errors_total|status=~"5/.test(text)
      t.deepEqual(
        empty.filter((text) => !isOfFailures(text)),
        [],
      )
    } finally {
      await prometheus.stop()
      await service.stop()
      removeDir(dir)
    }
  },
)
