import { basename } from 'node:path'
import { z } from 'zod'
import { integer } from './integer.ts'
import { isCron } from './reconcile-variables.ts'

const MOST_WORDS = 64
const LONGEST_WORD = 4096
const LONGEST_CRON = 64
/** Programs that would read a word as a command of their own (R27). */
const SHELLS: ReadonlySet<string> = new Set([
  'sh',
  'ash',
  'bash',
  'dash',
  'ksh',
  'zsh',
  'fish',
  'csh',
  'busybox',
])

/** Of several letters behind one dash, too. */
const hasFlag = (words: readonly string[], letter: string, name: string): boolean =>
  words.some(
    (word) =>
      new RegExp(`^-[a-z]*${letter}`).test(word) || word === name || word.startsWith(`${name}=`),
  )

/** @returns undefined when it is neither a JSON array of texts nor plain words */
function readWords(text: string): readonly string[] | undefined {
  if (!text.trim().startsWith('[')) return text.trim().split(/\s+/)
  try {
    return z.array(z.string().min(1)).parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** @returns what is wrong with it */
function faultOf(words: readonly string[]): string | undefined {
  const [program = ''] = words
  if (words.length > MOST_WORDS || words.some((word) => word.length > LONGEST_WORD)) {
    return `must be at most ${MOST_WORDS} words of ${LONGEST_WORD} characters`
  }
  if (words.some((word) => word.includes('\0'))) return 'must not have a NUL in it'
  if (program === '' || program.startsWith('-')) return 'must begin with a program'
  if (SHELLS.has(basename(program))) return 'must not be a shell; name the program itself'
  if (hasFlag(words, 'm', '--delete-untagged')) {
    return 'must be without -m (--delete-untagged): it breaks images of several platforms; let projects name untaggedDays instead'
  }
  if (hasFlag(words, 'd', '--dry-run')) return 'must be without --dry-run; it is added where asked'
  return undefined
}

const commandSchema = z.string().transform((text, context): readonly string[] => {
  const words = readWords(text)
  const message =
    words === undefined
      ? 'must be a list of texts in JSON, or plain words; no shell reads it'
      : faultOf(words)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
  return words ?? []
})

/** Variables of the collection of garbage. */
export const COLLECT_VARIABLES = {
  WARDEN_GC_COMMAND: commandSchema
    .optional()
    .describe(
      "The registry's own collector with its arguments, as words or as a list in JSON, such as `docker-registry garbage-collect /etc/docker/registry/config.yml`; no shell reads it. None: garbage is not collected by this service",
    ),
  WARDEN_GC_LOCK: z
    .string()
    .startsWith('/', 'must be an absolute path')
    .max(LONGEST_WORD)
    .optional()
    .describe(
      'File beside the storage of the registry that a running collector keeps locked, the same for every replica',
    ),
  WARDEN_GC_LIMIT_SECONDS: integer(60, 86_400)
    .prefault('1800')
    .describe('A collector that runs longer is ended; writes wait until then at most'),
  WARDEN_GC_CRON: z
    .string()
    .max(LONGEST_CRON, `must have at most ${LONGEST_CRON} characters`)
    .refine(isCron, "must be a cron pattern such as '30 3 * * 0'")
    .optional()
    .describe('When garbage is collected, as a cron pattern in UTC; none: only when somebody asks'),
} as const

export interface CollectConfig {
  /** Undefined: this service runs no collector. */
  readonly command: { readonly words: readonly string[]; readonly lock: string } | undefined
  readonly limitSeconds: number
  /** Undefined: only when somebody asks. */
  readonly cron: string | undefined
}

type CollectValues = z.output<z.ZodObject<typeof COLLECT_VARIABLES>>

/** Faults that no variable has alone. */
export function collectFaults(v: CollectValues): readonly string[] {
  if ((v.WARDEN_GC_COMMAND === undefined) === (v.WARDEN_GC_LOCK === undefined)) return []
  return ['WARDEN_GC_COMMAND and WARDEN_GC_LOCK belong together; set both or neither']
}

export const toCollectConfig = (v: CollectValues): CollectConfig => ({
  command:
    v.WARDEN_GC_COMMAND === undefined || v.WARDEN_GC_LOCK === undefined
      ? undefined
      : { words: v.WARDEN_GC_COMMAND, lock: v.WARDEN_GC_LOCK },
  limitSeconds: v.WARDEN_GC_LIMIT_SECONDS,
  cron: v.WARDEN_GC_CRON,
})
