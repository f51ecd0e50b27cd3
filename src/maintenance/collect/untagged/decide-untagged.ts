/** A manifest of one repository, with what it has to do with others. */
export interface JudgedManifest {
  readonly digest: string
  /** What it leads to. */
  readonly children: readonly string[]
  /** What it is about. */
  readonly subject: string | undefined
  /** Pushed and pulled long enough ago. */
  readonly isOld: boolean
}

export interface JudgedRepository {
  readonly manifests: readonly JudgedManifest[]
  /** What tags are on, with all that this leads to. */
  readonly needed: ReadonlySet<string>
}

/**
 * All that stays: what is needed or not old enough, what that leads to, what that is about, and what is
 * about that.
 */
function findStaying({ manifests, needed }: JudgedRepository): ReadonlySet<string> {
  const byDigest = new Map(manifests.map((manifest) => [manifest.digest, manifest]))
  const referrers = new Map<string, string[]>()
  for (const { digest, subject } of manifests) {
    if (subject === undefined) continue
    const known = referrers.get(subject)
    if (known === undefined) referrers.set(subject, [digest])
    else known.push(digest)
  }
  const staying = new Set(needed)
  for (const { digest, isOld } of manifests) if (!isOld) staying.add(digest)
  // A set goes on with what is added to it while it is walked.
  for (const digest of staying) {
    const manifest = byDigest.get(digest)
    for (const child of manifest?.children ?? []) staying.add(child)
    if (manifest?.subject !== undefined) staying.add(manifest.subject)
    for (const referrer of referrers.get(digest) ?? []) staying.add(referrer)
  }
  return staying
}

/** What leads to others or is about them comes before them: whatever is cut off leaves wholes. */
function inOrder(going: readonly JudgedManifest[]): readonly string[] {
  const byDigest = new Map(going.map((manifest) => [manifest.digest, manifest]))
  const seen = new Set<string>()
  const order: string[] = []
  const open: { readonly digest: string; readonly isDone: boolean }[] = []
  for (const { digest: first } of going) {
    open.push({ digest: first, isDone: false })
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { digest, isDone } = next
      const manifest = byDigest.get(digest)
      if (isDone) order.push(digest)
      if (isDone || manifest === undefined || seen.has(digest)) continue
      seen.add(digest)
      open.push({ digest, isDone: true })
      const below = [...manifest.children, ...(manifest.subject ? [manifest.subject] : [])]
      open.push(...below.map((one) => ({ digest: one, isDone: false })))
    }
  }
  return order.toReversed()
}

/**
 * Decides which manifests of a repository nothing needs (R28): no tag is on them, no index that stays
 * leads to them, and they are about nothing that stays.
 *
 * @returns digests in the order in which they may go
 */
export function decideUntagged(repository: JudgedRepository): readonly string[] {
  const staying = findStaying(repository)
  return inOrder(repository.manifests.filter(({ digest }) => !staying.has(digest)))
}
