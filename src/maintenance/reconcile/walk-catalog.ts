import { AppError } from '../../errors.ts'
import type { RegistryClient } from '../../registry/client.ts'

/** A registry has fewer; a catalog that goes on is none. */
const MOST_NAMES = 20_000_000
const MOST_PAGES = 1_000_000

const endless = (): AppError =>
  new AppError('REGISTRY_FAILED', {
    detail: "the pages of the registry's catalog do not come to an end",
  })

/**
 * Reads the registry's catalog page by page, and no page before it is asked for.
 *
 * @throws AppError UNAVAILABLE (503), REGISTRY_FAILED (502), also where pages go in a circle
 */
export async function* walkCatalog(
  { listCatalog }: Pick<RegistryClient, 'listCatalog'>,
  { after, signal }: { readonly after: string; readonly signal: AbortSignal },
): AsyncGenerator<readonly string[]> {
  // One name for each page: small, however large the registry is.
  const begun = new Set<string>()
  let names = 0
  for (let from: string | undefined = after; from !== undefined; ) {
    if (begun.has(from) || begun.size > MOST_PAGES || names > MOST_NAMES) throw endless()
    begun.add(from)
    const page: Awaited<ReturnType<RegistryClient['listCatalog']>> = await listCatalog(from, {
      signal,
    })
    names += page.names.length
    yield page.names
    from = page.next
  }
}
