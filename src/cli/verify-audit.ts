import { readAuditKey } from '../audit/audit-key.ts'
import { type Verification, verifyAudit } from '../audit/verify-audit.ts'
import { createProgress } from './audit-progress.ts'
import { CommandError, type CommandLine } from './command-line.ts'
import { withHost } from './host.ts'
import type { JsonOption } from './listing.ts'
import { printJson, say } from './output.ts'

export interface VerifyOptions extends JsonOption {
  readonly checkpoint?: { readonly seal: number; readonly mac: string }
}

function describeGood({ from, until, unsealed }: Verification): string {
  const rows = until - from + 1
  const waiting = unsealed === 0 ? '' : ` ${unsealed} newer rows are not sealed yet.`
  if (rows === 0) return `The audit record has no sealed rows.${waiting}`
  return `The audit record is whole: ${rows} rows, ${from} to ${until}.${waiting}`
}

function describeBreak({ seal, id, reason }: NonNullable<Verification['broken']>): string {
  const which = id === undefined ? '' : ` (id ${id})`
  return `the audit record was tampered with: first at row ${seal}${which}: ${reason}`
}

/**
 * Looks at every row, where the service runs.
 *
 * @throws CommandError when one was changed or removed
 */
export async function verifyHere(commandLine: CommandLine, options: VerifyOptions): Promise<void> {
  const isJson = options.json === true
  const progress = createProgress(commandLine, isJson)
  const found = await withHost(commandLine, async ({ config, database }) => {
    const key = await readAuditKey({ database, path: config.certs.auditKeyPath })
    const deps = { database, key, onProgress: progress.show }
    return verifyAudit(deps, { known: options.checkpoint })
  }).finally(progress.end)
  const { broken } = found
  if (isJson) printJson(commandLine, { ok: broken === undefined, ...found, broken: broken ?? null })
  if (broken !== undefined) throw new CommandError(describeBreak(broken))
  if (!isJson) say(commandLine, describeGood(found))
}
