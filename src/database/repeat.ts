export interface RepeatDeps {
  readonly everyMs: number
  readonly work: () => Promise<unknown>
  /** Told once when it begins to fail, and again after it went well in between. */
  readonly onFailure: (error: unknown) => void
}

/**
 * Does something again and again, never twice at once.
 *
 * @returns stops it, after the round that may be running
 */
export function repeat({ everyMs, work, onFailure }: RepeatDeps): () => Promise<void> {
  let running: Promise<void> | undefined
  let hasFailed = false
  const round = async (): Promise<void> => {
    try {
      await work()
      hasFailed = false
    } catch (error) {
      if (!hasFailed) onFailure(error)
      hasFailed = true
    }
  }
  const tick = (): void => {
    running ??= round().finally(() => {
      running = undefined
    })
  }
  tick()
  const timer = setInterval(tick, everyMs)
  return async () => {
    clearInterval(timer)
    await running
  }
}
