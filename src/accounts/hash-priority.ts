import { readdirSync } from 'node:fs'
import { constants, setPriority } from 'node:os'

const THREADS = '/proc/self/task'

/**
 * Lets slow hashes run in what time others leave: every thread of the process but the first, which
 * answers requests, gets a lower priority. Without it, a core that hashes makes warm requests wait
 * for whole slices of the scheduler (docs/decisions/0008).
 *
 * To be called when the pool of threads is there, as it is after any file was read. Does nothing
 * where threads have no priority of their own.
 *
 * @param processId of this process, which is also the id of its first thread
 */
export function yieldToRequests(processId: number): void {
  for (const thread of readThreads()) {
    if (thread === processId) continue
    try {
      setPriority(thread, constants.priority.PRIORITY_LOW)
    } catch {
      // A thread may have ended since; and without this all works, only less evenly.
    }
  }
}

function readThreads(): readonly number[] {
  try {
    return readdirSync(THREADS).map(Number)
  } catch {
    return []
  }
}
