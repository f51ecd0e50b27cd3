import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { findFreePort } from './ports.ts'
import { writePrivateFile } from './secrets.ts'

const portsSchema = z.object({
  database: z.number(),
  registry: z.number(),
  warden: z.number(),
  wardenPrivate: z.number(),
})
export type Ports = z.output<typeof portsSchema>

function readPorts(path: string): Partial<Ports> {
  if (!existsSync(path)) return {}
  try {
    return portsSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? {}
  } catch {
    return {}
  }
}

/** Ports behind nginx, on the loopback: those of the last run in the folder as far as they are free. */
export async function choosePorts(dir: string): Promise<Ports> {
  const path = join(dir, 'ports.json')
  const last = readPorts(path)
  const chosen = {
    database: await findFreePort(last.database),
    registry: await findFreePort(last.registry),
    warden: await findFreePort(last.warden),
    wardenPrivate: await findFreePort(last.wardenPrivate),
  }
  if (new Set(Object.values(chosen)).size < 4) return choosePorts(dir)
  writePrivateFile(path, `${JSON.stringify(chosen)}\n`)
  return chosen
}
