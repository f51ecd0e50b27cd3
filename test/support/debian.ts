import { requireCommand } from '../../src/stack/commands.ts'
import { runProgram } from '../../src/stack/run-program.ts'
import { findMirror } from './compose-binary.ts'

/** @throws with the last lines that it said where it failed */
export async function mustRun(command: readonly string[]): Promise<void> {
  const { code, output } = await runProgram(command, { env: process.env })
  if (code === 0) return
  throw new Error(`${command.join(' ')}:\n${output.split('\n').slice(-15).join('\n')}`)
}

/** A small Debian of another release in a folder, with these packages. Needs root. */
export async function makeDebian(
  root: string,
  { suite, packages }: { readonly suite: string; readonly packages: readonly string[] },
): Promise<void> {
  const mirror = (await findMirror()) ?? 'http://deb.debian.org/debian'
  const include = `--include=${packages.join(',')}`
  const debootstrap = requireCommand('debootstrap', process.env)
  await mustRun([debootstrap, '--variant=minbase', include, suite, root, mirror])
}
