import { AppError } from '../errors.ts'
import type { Answer } from '../http/route.ts'
import type { Metrics } from '../metrics/create-metrics.ts'
import type { DoorKind, DoorOutcome } from '../metrics/door-names.ts'

/** Counts what comes to the door, by what became of it, and takes its time. */
export interface DoorMetrics {
  readonly watch: (kind: DoorKind, work: () => Promise<Answer>) => Promise<Answer>
}

const outcomeOfAnswer = ({ status }: Answer): DoorOutcome => {
  if (status < 300) return 'passed'
  if (status === 401) return 'unproven'
  return status === 403 ? 'denied' : 'refused'
}

const outcomeOfError = (error: unknown): DoorOutcome => {
  if (!(error instanceof AppError) || error.status >= 500) return 'failed'
  return error.code === 'DENIED' ? 'denied' : 'refused'
}

export function createDoorMetrics(
  { observeDoor, read }: Pick<Metrics, 'observeDoor' | 'read'>,
  countWaiting: () => number,
): DoorMetrics {
  read('warden_door_writes_waiting', countWaiting)
  return {
    watch: async (kind, work) => {
      const startedAtMs = performance.now()
      let outcome: DoorOutcome = 'failed'
      try {
        const answer = await work()
        outcome = outcomeOfAnswer(answer)
        return answer
      } catch (error) {
        outcome = outcomeOfError(error)
        throw error
      } finally {
        observeDoor(kind, outcome, (performance.now() - startedAtMs) / 1000)
      }
    },
  }
}
