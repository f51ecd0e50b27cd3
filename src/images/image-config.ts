import { z } from 'zod'
import type { Platform } from './manifest-content.ts'
import { readJson } from './read-json.ts'

const PLATFORM_LENGTH = 64
const MOST_LABELS = 200
const LABEL_LENGTH = 4096
const MOST_STEPS = 500
const STEP_LENGTH = 2000

/** One step of how an image was built. */
export interface BuildStep {
  readonly createdAt: string | undefined
  readonly createdBy: string | undefined
  readonly comment: string | undefined
  /** Whether it left no layer behind. */
  readonly isEmpty: boolean
}

/** What an image says of itself in its config. */
export interface ImageConfig extends Platform {
  /** As its maker says; it proves nothing about the push. */
  readonly createdAt: Date | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly history: readonly BuildStep[]
}

const isObject = (given: unknown): boolean =>
  typeof given === 'object' && given !== null && !Array.isArray(given)

const plain = z
  .string()
  .optional()
  .catch(undefined)
  .transform((text) => text?.replace(/[^\x20-\x7e]/g, '?').slice(0, PLATFORM_LENGTH) || undefined)

const text = z
  .string()
  .optional()
  .catch(undefined)
  .transform((given) => given?.slice(0, STEP_LENGTH) || undefined)

const stepSchema = z.object({
  created: text,
  created_by: text,
  comment: text,
  empty_layer: z.boolean().optional().catch(undefined),
})

// No registry looks into a config, so it may have a million entries: only those that are kept are parsed.
const configSchema = z.object({
  os: plain,
  architecture: plain,
  variant: plain,
  created: z.string().optional().catch(undefined),
  config: z
    .object({ Labels: z.custom<object>(isObject).optional().catch(undefined) })
    .nullish()
    .catch(undefined),
  history: z
    .custom<readonly unknown[]>(Array.isArray)
    .transform((steps) => steps.slice(0, MOST_STEPS))
    .pipe(z.array(stepSchema))
    .optional()
    .catch(undefined),
})

/** Times that any database takes. */
function readTime(given: string | undefined): Date | undefined {
  const time = new Date(given ?? '')
  const year = time.getUTCFullYear()
  return year >= 1000 && year < 10_000 ? time : undefined
}

function readLabels(labels: object): Record<string, string> {
  const kept: [string, string][] = []
  for (const [name, value] of Object.entries(labels)) {
    if (typeof value !== 'string' || name === '' || name.length > 255) continue
    kept.push([name, value.slice(0, LABEL_LENGTH)])
    if (kept.length === MOST_LABELS) break
  }
  return Object.fromEntries(kept)
}

/** @returns undefined when it is no config of an image */
export function readImageConfig(content: Buffer): ImageConfig | undefined {
  const parsed = configSchema.safeParse(readJson(content)).data
  if (parsed === undefined) return undefined
  return {
    os: parsed.os,
    architecture: parsed.architecture,
    variant: parsed.variant,
    createdAt: readTime(parsed.created),
    labels: readLabels(parsed.config?.Labels ?? {}),
    history: (parsed.history ?? []).map((step) => ({
      createdAt: step.created,
      createdBy: step.created_by,
      comment: step.comment,
      isEmpty: step.empty_layer ?? false,
    })),
  }
}
