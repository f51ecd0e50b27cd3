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

type ByDigest = ReadonlyMap<string, JudgedManifest>

/** By a digest: what is about it. */
function findReferrers(
  manifests: readonly JudgedManifest[],
): ReadonlyMap<string, readonly string[]> {
  const referrers = new Map<string, string[]>()
  for (const { digest, subject } of manifests) {
    if (subject === undefined) continue
    const known = referrers.get(subject)
    if (known === undefined) referrers.set(subject, [digest])
    else known.push(digest)
  }
  return referrers
}

/** What a manifest leads to, and what it is about. */
const below = ({ children, subject }: JudgedManifest): readonly string[] =>
  subject === undefined ? children : [...children, subject]

/**
 * All that stays: what is needed or not old enough, what that leads to, what that is about, and what is
 * about that.
 */
function findStaying({ manifests, needed }: JudgedRepository): ReadonlySet<string> {
  const byDigest: ByDigest = new Map(manifests.map((manifest) => [manifest.digest, manifest]))
  const referrers = findReferrers(manifests)
  const young = manifests.filter(({ isOld }) => !isOld).map(({ digest }) => digest)
  const staying = new Set([...needed, ...young])
  // A set goes on with what is added to it while it is walked.
  for (const digest of staying) {
    const manifest = byDigest.get(digest)
    const next = manifest === undefined ? [] : below(manifest)
    for (const one of [...next, ...(referrers.get(digest) ?? [])]) staying.add(one)
  }
  return staying
}

/** Adds a manifest to an order behind all that is below it. */
function addAfterBelow(byDigest: ByDigest, first: string, order: Set<string>, seen: Set<string>) {
  const open = [{ digest: first, isDone: false }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { digest, isDone } = next
    const manifest = byDigest.get(digest)
    if (isDone) order.add(digest)
    else if (manifest !== undefined && !seen.has(digest)) {
      seen.add(digest)
      const further = below(manifest).map((one) => ({ digest: one, isDone: false }))
      open.push({ digest, isDone: true }, ...further)
    }
  }
}

/** What leads to others or is about them comes before them: whatever is cut off leaves wholes. */
function inOrder(going: readonly JudgedManifest[]): readonly string[] {
  const byDigest: ByDigest = new Map(going.map((manifest) => [manifest.digest, manifest]))
  const order = new Set<string>()
  const seen = new Set<string>()
  for (const { digest } of going) addAfterBelow(byDigest, digest, order, seen)
  return [...order].toReversed()
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
