import { z } from 'zod'
import { isDigest } from '../protocol/reference.ts'
import { readJson } from './read-json.ts'

/** More than any index of people has; what a pusher wrote may be a maze. */
const MOST_CHILDREN = 500
const MOST_BLOBS = 2000
const TYPE_LENGTH = 255
const PLATFORM_LENGTH = 64
const MOST_ANNOTATIONS = 200
const ANNOTATION_NAME_LENGTH = 255
const ANNOTATION_LENGTH = 4096
/** Letters of JSON of all of them: what is longer than its column keeps would be kept by nobody. */
const ANNOTATIONS_LENGTH = 256 * 1024

const IMAGE_CONFIGS: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
])
/** Every empty descriptor of the specification has it; it says nothing about the artifact. */
const EMPTY = 'application/vnd.oci.empty.v1+json'

export type ManifestKind = 'image' | 'index' | 'artifact' | 'unreadable'

export interface Platform {
  readonly os: string | undefined
  readonly architecture: string | undefined
  readonly variant: string | undefined
}

/** One entry of an index. */
export interface ManifestChild extends Platform {
  readonly digest: string
  readonly mediaType: string
  readonly artifactType: string | undefined
  /** What builders put beside their images says so in an annotation. */
  readonly role: 'image' | 'attestation'
}

export interface ManifestBlob {
  readonly digest: string
  /** Some layers stay at their maker's, and no registry has them. */
  readonly isForeign: boolean
}

/** What a manifest says of itself; its sizes are not among it, since it may declare any (R32). */
export interface ManifestContent {
  readonly kind: ManifestKind
  readonly artifactType: string | undefined
  /** The manifest that it is about: a signature's image. */
  readonly subjectDigest: string | undefined
  /** Of images only: what else calls itself a config is a blob like any other. */
  readonly imageConfigDigest: string | undefined
  readonly blobs: readonly ManifestBlob[]
  readonly children: readonly ManifestChild[]
  readonly annotations: Readonly<Record<string, string>>
  /** False when it has more entries than are looked at: then nobody knows its size. */
  readonly isWhole: boolean
}

const UNREADABLE: ManifestContent = {
  kind: 'unreadable',
  artifactType: undefined,
  subjectDigest: undefined,
  imageConfigDigest: undefined,
  blobs: [],
  children: [],
  annotations: {},
  isWhole: false,
}

const cut = (most: number) =>
  z
    .string()
    .optional()
    .catch(undefined)
    .transform((text) => text?.replace(/[^\x20-\x7e]/g, '?').slice(0, most) || undefined)

/** A manifest may have as many as fit into 4 MiB: only those that are kept are looked at. */
function readAnnotations(given: unknown): Record<string, string> {
  const kept: [string, string][] = []
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return {}
  let left = ANNOTATIONS_LENGTH
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'string' || name === '' || name.length > ANNOTATION_NAME_LENGTH) continue
    const entry: [string, string] = [name, value.slice(0, ANNOTATION_LENGTH)]
    left -= JSON.stringify(entry).length
    if (left < 0 || kept.length === MOST_ANNOTATIONS) break
    kept.push(entry)
  }
  return Object.fromEntries(kept)
}

const REFERENCE_TYPE = 'vnd.docker.reference.type'

const descriptorSchema = z.object({
  digest: z.string().refine(isDigest),
  mediaType: cut(TYPE_LENGTH),
  artifactType: cut(TYPE_LENGTH),
  urls: z.array(z.string()).optional().catch(undefined),
  annotations: z
    .object({ [REFERENCE_TYPE]: z.string().optional().catch(undefined) })
    .optional()
    .catch(undefined),
  platform: z
    .object({
      os: cut(PLATFORM_LENGTH),
      architecture: cut(PLATFORM_LENGTH),
      variant: cut(PLATFORM_LENGTH),
    })
    .optional()
    .catch(undefined),
})

type Descriptor = z.output<typeof descriptorSchema>

const manifestSchema = z.object({
  artifactType: cut(TYPE_LENGTH),
  config: descriptorSchema.optional(),
  layers: z.array(descriptorSchema).optional(),
  blobs: z.array(descriptorSchema).optional(),
  manifests: z.array(descriptorSchema).optional(),
  subject: z
    .object({ digest: z.string().refine(isDigest) })
    .optional()
    .catch(undefined),
  annotations: z.unknown().optional().transform(readAnnotations),
})

/** Entries of a digest that came before are none: one may be listed as often as there is room. */
function distinct<T extends { readonly digest: string }>(entries: readonly T[]): readonly T[] {
  const seen = new Set<string>()
  return entries.filter(({ digest }) => !seen.has(digest) && seen.add(digest))
}

const toChild = (descriptor: Descriptor): ManifestChild => ({
  digest: descriptor.digest,
  mediaType: descriptor.mediaType ?? '',
  artifactType: descriptor.artifactType,
  os: descriptor.platform?.os,
  architecture: descriptor.platform?.architecture,
  variant: descriptor.platform?.variant,
  role:
    descriptor.annotations?.[REFERENCE_TYPE] === 'attestation-manifest' ? 'attestation' : 'image',
})

function kindOf(
  { manifests, config, layers, blobs }: z.output<typeof manifestSchema>,
  isImage: boolean,
): ManifestKind {
  if (manifests !== undefined) return 'index'
  if (config === undefined && layers === undefined && blobs === undefined) return 'unreadable'
  return isImage ? 'image' : 'artifact'
}

function artifactTypeOf(
  { artifactType, config }: z.output<typeof manifestSchema>,
  kind: ManifestKind,
): string | undefined {
  if (artifactType !== undefined) return artifactType
  return kind === 'artifact' && config?.mediaType !== EMPTY ? config?.mediaType : undefined
}

/** Reads what a manifest says; whatever it is, an answer comes. */
export function readManifestContent(content: Buffer): ManifestContent {
  const parsed = manifestSchema.safeParse(readJson(content)).data
  if (parsed === undefined) return UNREADABLE
  const { config, layers = [], blobs = [], manifests = [], subject, annotations } = parsed
  const isImage = parsed.artifactType === undefined && IMAGE_CONFIGS.has(config?.mediaType ?? '')
  const kind = kindOf(parsed, isImage)
  const referred = distinct([...(config ? [config] : []), ...layers, ...blobs])
  const children = distinct(manifests)
  return {
    kind,
    artifactType: artifactTypeOf(parsed, kind),
    subjectDigest: subject?.digest,
    imageConfigDigest: isImage ? config?.digest : undefined,
    blobs: referred
      .slice(0, MOST_BLOBS)
      .map(({ digest, urls = [] }) => ({ digest, isForeign: urls.length > 0 })),
    children: children.slice(0, MOST_CHILDREN).map(toChild),
    annotations,
    isWhole:
      kind !== 'unreadable' && referred.length <= MOST_BLOBS && children.length <= MOST_CHILDREN,
  }
}
