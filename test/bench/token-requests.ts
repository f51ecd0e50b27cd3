import { readFileSync } from 'node:fs'
import { PASSWORD, WARM_SUBJECTS } from './token-world.ts'

export const basic = (username: string, password = PASSWORD): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

export const PATH = '/auth/token?service=registry-warden'

/** What of a request is the same each time that it is this subject's. */
function tailOf(who: number, scopes: number): string {
  const asked = Array.from(
    { length: scopes },
    (_, i) => `&scope=repository:bench/r${who}-${i}:pull,push`,
  )
  return `${asked.join('')} HTTP/1.1\\r\\nHost: localhost\\r\\nAuthorization: ${basic(`warm${who}`)}\\r\\n\\r\\n`
}

/**
 * Every request is another subject's, and none is ever repeated: each answer is signed anew. Almost
 * all of a request is made beforehand, so that its sender is not what is measured.
 */
export const distinct = (scopes: number): string => `
local tails = {${Array.from({ length: WARM_SUBJECTS }, (_, who) => `"${tailOf(who, scopes)}"`).join(',')}}
local n = math.floor(os.clock() * 1e9)
request = function()
  n = n + 1
  return "GET ${PATH}&n=" .. n .. tails[n % ${WARM_SUBJECTS} + 1]
end`

/** Resident memory of a process, in MiB. */
export function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
}
