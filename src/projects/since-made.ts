import type { Project } from './types.ts'

/** Clocks of the database, which dates rows, and of this process differ by less. */
const CLOCK_MS = 60_000

/**
 * From when on what is written down under the name of a project is its own: there may have been another
 * one of its name before (R4).
 */
export const sinceMade = ({ createdAt }: Pick<Project, 'createdAt'>): Date =>
  new Date(createdAt.getTime() - CLOCK_MS)
