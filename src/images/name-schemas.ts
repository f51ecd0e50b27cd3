import { z } from 'zod'
import { isDigest, isRepositoryName, isTag } from '../protocol/reference.ts'

export const repositoryNameSchema = z
  .string()
  .refine(isRepositoryName, 'must be a repository name: lower-case path segments, parted by /')

export const tagNameSchema = z
  .string()
  .refine(isTag, 'must be a tag: 1 to 128 letters, digits, _ . or -, not beginning with . or -')

export const digestSchema = z
  .string()
  .refine(isDigest, 'must be a digest: sha256: and 64 hexadecimal digits, or sha512: and 128')

export const referenceSchema = z
  .string()
  .refine((text) => isTag(text) || isDigest(text), 'must be a tag or a digest')

/** A path above repositories; a slash at its end makes no difference. */
export const pathSchema = z
  .string()
  .refine(
    (text) => isRepositoryName(text.replace(/\/$/, '')),
    'must be the beginning of repository names, up to a slash: acme or acme/team',
  )
  .transform((text) => `${text.replace(/\/$/, '')}/`)
