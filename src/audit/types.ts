/** How it ended: `denied` is a refusal of rights, `failed` everything else that came to nothing. */
export const OUTCOMES = ['done', 'denied', 'failed'] as const

export type Outcome = (typeof OUTCOMES)[number]

/** What is written. */
export interface AuditRow {
  readonly actorId?: number | undefined
  readonly actorName: string
  readonly onBehalfOf?: string | undefined
  readonly action: string
  readonly target: string
  readonly project?: string | undefined
  readonly outcome: Outcome
  readonly address?: string | undefined
  readonly userAgent?: string | undefined
  readonly requestId?: string | undefined
  /** How often it happened; once, where it is left out. */
  readonly count?: number
}

/** What is read. */
export interface StoredAuditRow extends AuditRow {
  readonly id: number
  readonly time: Date
  readonly count: number
  /** Undefined in rows of a version that did not stamp them. */
  readonly replica: string | undefined
  readonly sequence: number | undefined
}

/** A place in the chain: the number of a row, and its proof, which holds that of the row before. */
export interface Link {
  readonly seal: number
  /** HMAC-SHA256 in hex. */
  readonly mac: string
}

export interface SealedAuditRow extends StoredAuditRow, Link {}

/** Equal fields, one text at the beginning of the target, and a time from (with) until (without). */
export interface AuditFilter {
  readonly actor?: string | undefined
  readonly action?: string | undefined
  readonly project?: string | undefined
  readonly target?: string | undefined
  readonly targetPrefix?: string | undefined
  readonly outcome?: Outcome | undefined
  readonly since?: Date | undefined
  readonly until?: Date | undefined
}

/** Where a list goes on: rows are in the order of time, those of one moment in that of their ids. */
export interface AuditPosition {
  readonly time: Date
  readonly id: number
}
