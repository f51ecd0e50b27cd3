/**
 * Does slow work for one item after the other, some ahead of who takes the results; no more than
 * these are ever held. Who takes no more waits for what was begun.
 *
 * @param work never rejects
 */
export async function* listAhead<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  ahead: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const begun: Promise<R>[] = []
  try {
    for await (const item of items) {
      begun.push(work(item))
      const first = begun.length >= ahead ? begun.shift() : undefined
      if (first !== undefined) yield await first
    }
    for (let rest = begun.shift(); rest !== undefined; rest = begun.shift()) yield await rest
  } finally {
    await Promise.all(begun)
  }
}
