import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { plainEnvironment, requireCommand } from '../../src/stack/commands.ts'
import { startPart } from '../../src/stack/part.ts'
import { findFreePort, LOOPBACK } from '../../src/stack/ports.ts'
import { waitFor } from './wait-for.ts'

interface Answer {
  readonly status: string
  readonly result: readonly unknown[]
}

export interface Prometheus {
  readonly query: (expression: string) => Promise<Answer>
  /** Waits until it has read that metric twice, so that rates can be worked out. */
  readonly untilRead: (selector: string) => Promise<void>
  readonly stop: () => Promise<void>
}

const configure = (target: string): string => `
global:
  scrape_interval: 1s
rule_files: [${resolve('compose/monitoring/alerts.yml')}]
scrape_configs:
  - job_name: registry-warden
    static_configs: [{ targets: ['${target}'] }]
`

/** Starts a Prometheus that reads one process. @param target host:port of its private listener */
export async function startPrometheus(dir: string, target: string): Promise<Prometheus> {
  const url = `http://${LOOPBACK}:${await findFreePort()}`
  const config = join(dir, 'prometheus.yml')
  mkdirSync(dir, { recursive: true })
  writeFileSync(config, configure(target))
  const part = await startPart({
    name: 'prometheus',
    command: requireCommand('prometheus', process.env),
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=${new URL(url).host}`,
    ],
    env: plainEnvironment(process.env),
    dir,
    logPath: join(dir, 'prometheus.log'),
    isReady: () =>
      fetch(`${url}/-/ready`)
        .then(({ ok }) => ok)
        .catch(() => false),
    readyTimeoutMs: 30_000,
  })
  const query = async (expression: string): Promise<Answer> => {
    const body = new URLSearchParams({ query: expression })
    const response = await fetch(`${url}/api/v1/query`, { method: 'POST', body })
    const { status, data } = (await response.json()) as {
      readonly status: string
      readonly data?: { readonly result: readonly unknown[] }
    }
    return { status, result: data?.result ?? [] }
  }
  return {
    query,
    untilRead: async (selector) => {
      const look = async () =>
        (await query(`count_over_time(${selector}[1m]) > 1`)).result.length > 0
      await waitFor(look, { mostMs: 30_000, what: `${selector} in Prometheus` })
    },
    stop: part.stop,
  }
}
