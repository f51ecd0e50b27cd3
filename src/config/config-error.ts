/** All that is wrong with the environment, a sentence each; the process ends with exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]
  /** Names that look like ours: one of them may be why a variable is missing. */
  readonly warnings: readonly string[]
  /** Nothing is wrong but that what is needed is missing, as where the service does not run. */
  readonly isAbsent: boolean

  constructor(faults: readonly string[], warnings: readonly string[], isAbsent = false) {
    super(faults.join('\n'))
    this.isAbsent = isAbsent
    this.faults = faults
    this.warnings = warnings
  }
}
