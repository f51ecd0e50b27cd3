import { z } from 'zod'
import { BackupError } from './backup-error.ts'

/** Files beside the database without which it cannot be served. */
export const FILES = ['authority', 'nextAuthority', 'auditKey', 'bundle'] as const
export type BackupFile = (typeof FILES)[number]

const cellSchema = z.union([z.string(), z.null(), z.strictObject({ base64: z.string() })])

/** A value as the server writes it; bytes are told from text. */
export type BackupCell = z.output<typeof cellSchema>

const idSchema = z.string().regex(/^\d+$/)

const aboutSchema = z.strictObject({
  /** Names of all migrations of the database. */
  schema: z.array(z.string()),
  installationId: z.string(),
  caFingerprint: z.string(),
  /** What the next rows of tables would have been numbered that are left out. */
  nextIds: z.record(z.string(), idSchema),
})
const tableSchema = z.strictObject({
  table: z.string(),
  columns: z.array(z.string()).min(1),
  /** What the next row would have been numbered; ids are never given twice. */
  nextId: idSchema.nullable(),
})
const fileSchema = z.strictObject({
  file: z.enum(FILES),
  content: z.string().max(1024 * 1024),
})
const endSchema = z.strictObject({ rows: z.int() })

export type BackupAbout = z.output<typeof aboutSchema>
export type BackupTable = z.output<typeof tableSchema>

/**
 * A line of a backup: what it is about, then files, then each table (its rows behind it), and at the
 * end how many rows there were.
 */
export const recordSchema = z.union([
  z.array(cellSchema),
  tableSchema,
  fileSchema,
  aboutSchema,
  endSchema,
])
export type BackupRecord = z.output<typeof recordSchema>

export const isRow = (record: BackupRecord): record is BackupCell[] => Array.isArray(record)

/** @throws BackupError for what no version of ours writes */
export function parseRecord(line: string): BackupRecord {
  const parsed = recordSchema.safeParse(JSON.parse(line))
  if (parsed.success) return parsed.data
  throw new BackupError('a line of this backup is none of ours; nothing was restored')
}

export const writeRecord = (record: BackupRecord): string => `${JSON.stringify(record)}\n`
