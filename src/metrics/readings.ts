import { Counter, Gauge, type Registry } from 'prom-client'
import { METRICS, type MetricName, type Reading } from './names.ts'

/** A single number for a metric without labels. */
export type Read<Name extends MetricName> = () => number | readonly Reading<Name>[]

type Labels = Readonly<Record<string, string>>

/** Metrics whose values are read when they are asked for, and cost nothing before. */
export interface Readings {
  /** Adds a source of values; a counter's may never fall. One metric may have several sources. */
  readonly read: <Name extends MetricName>(name: Name, source: Read<Name>) => void
  /**
   * Adds a counter in plain variables, one for each of the known values of a label. They begin at
   * zero, so that each is there before it first happens.
   *
   * @param fixed values of the metric's other labels
   */
  readonly tally: <Value extends string>(
    name: MetricName,
    label: string,
    values: readonly Value[],
    fixed?: Labels,
  ) => (value: Value) => void
}

interface Source {
  readonly labels: Labels
  readonly value: number
}

function register(registry: Registry, name: MetricName, list: () => readonly Source[]): void {
  const { kind, labels, help } = METRICS[name]
  const common = { name, help, labelNames: labels, registers: [registry] }
  if (kind === 'gauge') {
    new Gauge({
      ...common,
      collect() {
        this.reset()
        for (const source of list()) this.set(source.labels, source.value)
      },
    })
    return
  }
  new Counter({
    ...common,
    collect() {
      this.reset()
      for (const source of list()) this.inc(source.labels, source.value)
    },
  })
}

const toSources = (found: number | readonly Source[]): readonly Source[] =>
  typeof found === 'number' ? [{ labels: {}, value: found }] : found

export function createReadings(registry: Registry): Readings {
  const sources = new Map<MetricName, (() => readonly Source[])[]>()
  const add = (name: MetricName, source: () => number | readonly Source[]): void => {
    const known = sources.get(name) ?? []
    if (known.length === 0) {
      sources.set(name, known)
      register(registry, name, () => known.flatMap((one) => one()))
    }
    known.push(() => toSources(source()))
  }
  const tally: Readings['tally'] = (name, label, values, fixed = {}) => {
    const counts = new Map<string, number>(values.map((value) => [value, 0]))
    add(name, () =>
      [...counts].map(([key, value]) => ({ labels: { ...fixed, [label]: key }, value })),
    )
    return (value) => void counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return { read: add, tally }
}
