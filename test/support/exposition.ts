/** One value of an exposition in Prometheus' text format. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Exposition {
  /** Kinds by the name of the metric. */
  readonly types: ReadonlyMap<string, string>
  readonly samples: readonly Sample[]
  /** The value with exactly these labels; undefined when there is none. */
  readonly value: (name: string, labels?: Readonly<Record<string, string>>) => number | undefined
}

const COMMENT =
  /^# (?:HELP ([a-z][a-z0-9_]*) \S.*|TYPE ([a-z][a-z0-9_]*) (counter|gauge|histogram))$/
const SAMPLE = /^([a-z][a-z0-9_]*)(?:\{([^{}]*)\})? (\S+)$/
const LABELS = /^(?:[a-z][a-z0-9_]*="(?:[^"\\\n]|\\["\\n])*"(?:,(?!$)|$))+$/

function readLabels(text: string): Readonly<Record<string, string>> {
  if (!LABELS.test(text)) throw new Error(`not labels: ${text}`)
  const pairs = [...text.matchAll(/([a-z][a-z0-9_]*)="((?:[^"\\]|\\.)*)"/g)]
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]))
}

/** Prometheus takes these words in any case; the client library writes `Nan` for means of nothing. */
function readValue(text: string): number {
  if (/^nan$/i.test(text)) return Number.NaN
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  if (!/^-?\d+(?:\.\d+)?(?:e[+-]\d+)?$/.test(text)) throw new Error(`not a value: ${text}`)
  return Number(text)
}

function readSample(line: string): Sample {
  const [, name, labels, text = ''] = SAMPLE.exec(line) ?? []
  if (name === undefined) throw new Error(`not a sample: ${line}`)
  return { name, labels: labels === undefined ? {} : readLabels(labels), value: readValue(text) }
}

const keyOf = (name: string, labels: Readonly<Record<string, string>>): string =>
  JSON.stringify([name, ...Object.entries(labels).sort()])

const isOfType = (types: ReadonlyMap<string, string>, name: string): boolean =>
  types.has(name) || types.get(name.replace(/_(?:bucket|sum|count)$/, '')) === 'histogram'

function readTypes(lines: readonly string[]): ReadonlyMap<string, string> {
  const comments = lines.map((line) => COMMENT.exec(line))
  if (comments.includes(null)) throw new Error('there is a strange comment')
  return new Map(
    comments.flatMap((found) => (found?.[2] === undefined ? [] : [[found[2], found[3] ?? '']])),
  )
}

/** @throws Error for what Prometheus would refuse: a strange line, a sample without a type, or one twice */
export function parseExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const lines = text.split('\n').filter((line) => line !== '')
  const types = readTypes(lines.filter((line) => line.startsWith('#')))
  const samples = lines.filter((line) => !line.startsWith('#')).map(readSample)
  const values = new Map<string, number>()
  for (const { name, labels, value } of samples) {
    const key = keyOf(name, labels)
    if (!isOfType(types, name)) throw new Error(`without a type: ${name}`)
    if (values.has(key)) throw new Error(`twice: ${key}`)
    values.set(key, value)
  }
  return { types, samples, value: (name, labels = {}) => values.get(keyOf(name, labels)) }
}
