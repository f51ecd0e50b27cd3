/** What is kept beside an image, about it. */
export type AccessoryKind = 'signature' | 'sbom' | 'attestation' | 'referrers' | 'other'

export interface AccessoryTag {
  /** The manifest that it is about. */
  readonly subjectDigest: string
  readonly kind: AccessoryKind
}

const TAG = /^sha256-([0-9a-f]{64})(?:\.(sig|att|sbom))?$/
const BY_SUFFIX = { sig: 'signature', att: 'attestation', sbom: 'sbom' } as const

const BY_TYPE: readonly (readonly [RegExp, AccessoryKind])[] = [
  [/spdx|cyclonedx|syft|sbom/, 'sbom'],
  [/in-toto|dsse|attestation|provenance/, 'attestation'],
  [/cosign\.|notary|sigstore|signature/, 'signature'],
]

/**
 * Registries without the referrers API keep what is about a manifest under tags made of its digest:
 * the specification's own is an index of all of it, those of cosign say in a suffix what they are.
 *
 * @returns undefined for the tags that people gave
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema
 */
export function readAccessoryTag(tag: string): AccessoryTag | undefined {
  const [, hex, suffix] = TAG.exec(tag) ?? []
  if (hex === undefined) return undefined
  const kind = suffix === undefined ? 'referrers' : BY_SUFFIX[suffix as keyof typeof BY_SUFFIX]
  return { subjectDigest: `sha256:${hex}`, kind }
}

/** What an artifact type stands for; makers are many and agree on nothing but words in it. */
export function accessoryKindOf(artifactType: string | undefined): AccessoryKind {
  const type = artifactType?.toLowerCase() ?? ''
  return BY_TYPE.find(([pattern]) => pattern.test(type))?.[1] ?? 'other'
}
