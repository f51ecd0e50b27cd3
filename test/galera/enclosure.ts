import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { findCommand } from '../../src/stack/commands.ts'

const INSIDE = 'TEST_GALERA_INSIDE'

/** Whether this process has a network of its own, whose rules nobody else feels. */
export const isEnclosed = (): boolean => process.env[INSIDE] !== undefined

const canEnclose = (): boolean =>
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  findCommand('unshare', process.env) !== undefined

/**
 * Runs this program again with a network of its own: a loopback, and nothing else. What it tells the
 * kernel's firewall is gone when it ends, however it ends.
 *
 * @returns its exit code; undefined where that cannot be done, or was
 */
export async function runEnclosed(): Promise<number | undefined> {
  if (isEnclosed() || !canEnclose()) return undefined
  const program = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const script = 'ip link set lo up && exec "$@"'
  const child = spawn('unshare', ['--net', 'sh', '-c', script, 'sh', ...program], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: 'yes' },
  })
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => child.kill(name))
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return code ?? 1
}
