import { type ChildProcess, spawn } from 'node:child_process'
import { resolve } from 'node:path'

/** Runs one of our own compiled files in a process of its own. */
export const runNode = (file: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [resolve('dist', file), ...args], { stdio: 'ignore' })
