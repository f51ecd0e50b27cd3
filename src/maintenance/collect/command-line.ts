/** By which `flock` says that somebody else has the lock; no collector exits with it. */
export const LOCKED = 221
/** By which `flock` says that it cannot open its file. */
export const NO_FILE = 66
/** What a collector may take to end after it was asked to. */
export const KILL_AFTER_SECONDS = 10

const FLOCK = ['flock', '--nonblock', '--no-fork', '--conflict-exit-code', String(LOCKED)]
const COLLECT = 'garbage-collect'

export interface CommandPlace {
  /** The collector with its arguments. */
  readonly words: readonly string[]
  /** Absolute path of the lock file. */
  readonly lock: string
}

/** Folder of the orders that nobody has withdrawn. */
export const ordersOf = ({ lock }: Pick<CommandPlace, 'lock'>): string => `${lock}.orders`

function withDryRun(words: readonly string[]): readonly string[] {
  const at = words.indexOf(COLLECT)
  return at === -1
    ? [...words, '--dry-run']
    : [...words.slice(0, at + 1), '--dry-run', ...words.slice(at + 1)]
}

/**
 * The argument list of one collection; no shell reads it (R27). Limit and lock are kept by programs of
 * their own, so that they live on where this process is killed: `timeout` ends the collector, and the
 * lock is held by the collector's own process. Behind the lock stands the order: once somebody with
 * the lock in hand has withdrawn it, what wakes up late finds no folder for it and runs nothing (R24).
 */
export const collectCommand = (
  { words, lock }: CommandPlace,
  {
    dryRun,
    limitSeconds,
    orderDir,
  }: { readonly dryRun: boolean; readonly limitSeconds: number; readonly orderDir: string },
): readonly string[] => [
  'timeout',
  `--kill-after=${KILL_AFTER_SECONDS}`,
  String(limitSeconds),
  ...FLOCK,
  lock,
  ...FLOCK,
  `${orderDir}/order`,
  ...(dryRun ? withDryRun(words) : words),
]

/** With the lock in hand, withdraws every order that has not begun. */
export const withdrawCommand = (place: Pick<CommandPlace, 'lock'>): readonly string[] => [
  'timeout',
  '--kill-after=5',
  '10',
  ...FLOCK,
  place.lock,
  'rm',
  '-rf',
  '--',
  ordersOf(place),
]
