import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Of Debian's package libfaketime; node takes the time from libc, so that it is lied to as well. */
const findLibrary = (): string | undefined =>
  ['x86_64-linux-gnu', 'aarch64-linux-gnu']
    .map((architecture) => `/usr/lib/${architecture}/faketime/libfaketimeMT.so.1`)
    .find(existsSync)

/** Asked when it matters: the package may come in this very run. */
export const canLie = (): boolean => findLibrary() !== undefined

const pathIn = (dir: string): string => join(dir, 'clock')

/** Moves the clock of who was started with this, by so many seconds. */
export const moveClockIn = (dir: string, seconds: number): void =>
  writeFileSync(pathIn(dir), `${seconds < 0 ? '' : '+'}${seconds}`)

/** Variables of a process that goes by the file; its monotonic clock stays right. */
export function lieAbout(dir: string): NodeJS.ProcessEnv {
  moveClockIn(dir, 0)
  return {
    LD_PRELOAD: findLibrary(),
    FAKETIME_TIMESTAMP_FILE: pathIn(dir),
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
}
