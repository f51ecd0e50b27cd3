import { StackError } from './stack-error.ts'

const PARENT_CHECK_MS = 500
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface Interruption {
  readonly signal: AbortSignal
  /** Settles when the user wants an end. */
  readonly happened: Promise<void>
  /** Gives the signals back to whoever handled them before. */
  readonly dispose: () => void
}

/**
 * Watches for the wish to end: Ctrl-C, SIGTERM, a closed terminal, and under npm the end of npm,
 * whose shell passes no signal on to us.
 */
export function watchInterruption(env: NodeJS.ProcessEnv): Interruption {
  const controller = new AbortController()
  const interrupt = (): void => controller.abort(new StackError('Stopped before it was ready.'))
  const parent = process.ppid
  const timer = setInterval(() => {
    if (env.npm_lifecycle_event !== undefined && process.ppid !== parent) interrupt()
  }, PARENT_CHECK_MS).unref()
  for (const name of SIGNALS) process.on(name, interrupt)
  return {
    signal: controller.signal,
    happened: new Promise((resolve) => {
      controller.signal.addEventListener('abort', () => resolve())
    }),
    dispose: () => {
      clearInterval(timer)
      for (const name of SIGNALS) process.off(name, interrupt)
    },
  }
}
