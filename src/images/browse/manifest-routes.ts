import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import type { AccessoryKind } from '../../protocol/accessory.ts'
import { OCI_INDEX } from '../../protocol/media-types.ts'
import type { Platform } from '../manifest-content.ts'
import { digestSchema, referenceSchema, repositoryNameSchema } from '../name-schemas.ts'
import { requireRepository } from '../require-repository.ts'
import {
  type FoundReferrer,
  listReferrers,
  type ManifestReading,
  readManifest,
} from './read-manifest.ts'
import type { BrowseDeps } from './requests.ts'

const platformSchema = z
  .object({
    os: z.string().nullable(),
    architecture: z.string().nullable(),
    variant: z.string().nullable(),
  })
  .nullable()

const texts = z.record(z.string(), z.string())

const manifestSchema = z
  .object({
    digest: z.string(),
    mediaType: z.string(),
    kind: z.enum(['image', 'index', 'artifact', 'unreadable']),
    contentBytes: z.int(),
    sizeBytes: z.int().nullable(),
    pulledAt: z.iso.datetime().nullable(),
    tags: z.array(z.string()),
    artifactType: z.string().nullable(),
    subjectDigest: z.string().nullable(),
    platform: platformSchema,
    annotations: texts,
    config: z
      .object({
        digest: z.string(),
        createdAt: z.iso.datetime().nullable(),
        labels: texts,
        history: z.array(
          z.object({
            createdAt: z.string().nullable(),
            createdBy: z.string().nullable(),
            comment: z.string().nullable(),
            isEmpty: z.boolean(),
          }),
        ),
      })
      .nullable(),
    children: z.array(
      z.object({
        digest: z.string(),
        mediaType: z.string(),
        role: z.enum(['image', 'attestation']),
        artifactType: z.string().nullable(),
        platform: platformSchema,
      }),
    ),
  })
  .meta({ id: 'Manifest' })

type ManifestBody = z.output<typeof manifestSchema>

function presentPlatform({ os, architecture, variant }: Platform): ManifestBody['platform'] {
  if (os === undefined && architecture === undefined) return null
  return { os: os ?? null, architecture: architecture ?? null, variant: variant ?? null }
}

const presentConfig = (manifest: ManifestReading): ManifestBody['config'] =>
  manifest.configDigest === undefined
    ? null
    : {
        digest: manifest.configDigest,
        createdAt: manifest.createdAt?.toISOString() ?? null,
        labels: manifest.labels,
        history: manifest.history.map(({ createdAt, createdBy, comment, isEmpty }) => ({
          createdAt: createdAt ?? null,
          createdBy: createdBy ?? null,
          comment: comment ?? null,
          isEmpty,
        })),
      }

const presentManifest = (manifest: ManifestReading): ManifestBody => ({
  digest: manifest.digest,
  mediaType: manifest.mediaType,
  kind: manifest.kind,
  contentBytes: manifest.contentBytes,
  sizeBytes: manifest.sizeBytes ?? null,
  pulledAt: manifest.pulledAt?.toISOString() ?? null,
  tags: [...manifest.tags],
  artifactType: manifest.artifactType ?? null,
  subjectDigest: manifest.subjectDigest ?? null,
  platform: presentPlatform(manifest),
  annotations: manifest.annotations,
  config: presentConfig(manifest),
  children: manifest.children.map((child) => ({
    digest: child.digest,
    mediaType: child.mediaType,
    role: child.role,
    artifactType: child.artifactType ?? null,
    platform: presentPlatform(child),
  })),
})

const readRoute = (deps: BrowseDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/repositories/*name/manifests/:reference',
    summary: 'Reads what is known of a manifest, by tag or digest',
    anonymous: true,
    params: z.strictObject({ name: repositoryNameSchema, reference: referenceSchema }),
    answers: { 200: { description: 'The manifest', schema: manifestSchema } },
    handle: async ({ caller, params: { name: repository, reference } }) => {
      await requireRepository(deps, { caller, repository, permission: 'repository:pull' })
      const manifest = await readManifest(deps.database, { repository, reference })
      return { status: 200, body: presentManifest(manifest) }
    },
  })

const descriptorSchema = z.object({
  mediaType: z.string(),
  digest: z.string(),
  size: z.int(),
  artifactType: z.string().optional(),
  annotations: texts.optional(),
})

const digests = z.array(z.string())

const referrersSchema = z
  .object({
    schemaVersion: z.literal(2),
    mediaType: z.literal(OCI_INDEX),
    manifests: z.array(descriptorSchema),
    groups: z.object({
      signatures: digests,
      sboms: digests,
      attestations: digests,
      others: digests,
    }),
  })
  .meta({ id: 'Referrers' })

function presentReferrers(found: readonly FoundReferrer[]): z.output<typeof referrersSchema> {
  const ofKind = (...kinds: readonly AccessoryKind[]): string[] =>
    found.filter(({ kind }) => kinds.includes(kind)).map(({ digest }) => digest)
  return {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: found.map(({ digest, mediaType, contentBytes, artifactType, annotations }) => ({
      mediaType,
      digest,
      size: contentBytes,
      ...(artifactType && { artifactType }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    })),
    groups: {
      signatures: ofKind('signature'),
      sboms: ofKind('sbom'),
      attestations: ofKind('attestation'),
      others: ofKind('other', 'referrers'),
    },
  }
}

const referrersRoute = (deps: BrowseDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/repositories/*name/referrers/:digest',
    summary: 'Lists the signatures, SBOMs, attestations and other artifacts of a manifest',
    anonymous: true,
    params: z.strictObject({ name: repositoryNameSchema, digest: digestSchema }),
    query: z.strictObject({ artifactType: z.string().min(1).max(255).optional() }),
    answers: { 200: { description: 'An index of them', schema: referrersSchema } },
    handle: async ({ caller, params: { name: repository, digest }, query: { artifactType } }) => {
      await requireRepository(deps, { caller, repository, permission: 'repository:pull' })
      const found = await listReferrers(deps.database, { repository, digest, artifactType })
      return { status: 200, body: presentReferrers(found) }
    },
  })

export const createManifestRoutes = (deps: BrowseDeps): readonly Route[] => [
  readRoute(deps),
  referrersRoute(deps),
]
