/** How a cache is doing; its numbers go on, and whoever wants them reads them. */
export interface CacheStats {
  readonly entries: number
  /** Look-ups since the start, by outcome. */
  readonly lookUps: Readonly<Record<string, number>>
}
