/**
 * Does slow work for one item after the other, some ahead of who takes the results; no more than
 * these are ever held.
 *
 * @param work never rejects
 */
export async function* listAhead<T, R>(
  items: readonly T[],
  ahead: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const begun: Promise<R>[] = []
  for (const item of items) {
    begun.push(work(item))
    const first = begun.length >= ahead ? begun.shift() : undefined
    if (first !== undefined) yield await first
  }
  for (const rest of begun) yield await rest
}
