import { isDigest, isRepositoryName, isTag } from './reference.ts'

/** What a request asks of the registry, and of which repository. */
export type RegistryRequest =
  | { readonly kind: 'base' | 'catalog' }
  | { readonly kind: 'tags' | 'upload-start'; readonly repository: string }
  | { readonly kind: 'manifest'; readonly repository: string; readonly reference: string }
  | { readonly kind: 'blob'; readonly repository: string; readonly digest: string }
  | { readonly kind: 'upload'; readonly repository: string; readonly upload: string }

/** What each thing of the registry can be asked for; all else it answers 405. */
const METHODS: Readonly<Record<RegistryRequest['kind'], readonly string[]>> = {
  base: ['GET'],
  catalog: ['GET'],
  tags: ['GET'],
  manifest: ['GET', 'HEAD', 'PUT', 'DELETE'],
  blob: ['GET', 'HEAD', 'DELETE'],
  'upload-start': ['POST'],
  upload: ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'],
}

const TARGET_LENGTH = 8192
const PREFIX = '/v2/'
const UPLOAD = /^[a-zA-Z0-9_.=-]+$/

/** Once, as the registry does: what is still encoded after that is part of a name, and of none that is valid. */
function decodePath(target: string): string | undefined {
  if (!target.startsWith('/') || target.length > TARGET_LENGTH) return undefined
  const [path = ''] = target.split('?', 1)
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

type Named = Extract<RegistryRequest, { readonly repository: string }>

/** `…/blobs/uploads/` begins an upload, and with a name behind it goes on with one. */
function parseUpload(segments: readonly string[]): Named | undefined {
  const [blobs, uploads, upload = ''] = segments.slice(-3)
  if (blobs !== 'blobs' || uploads !== 'uploads') return undefined
  const repository = segments.slice(0, -3).join('/')
  if (upload === '') return { kind: 'upload-start', repository }
  return UPLOAD.test(upload) ? { kind: 'upload', repository, upload } : undefined
}

/** The last reserved word of a path counts, and stands right before its end. */
function parseEnd(segments: readonly string[]): Named | undefined {
  const [word, last = ''] = segments.slice(-2)
  const repository = segments.slice(0, -2).join('/')
  if (word === 'manifests' && (isTag(last) || isDigest(last))) {
    return { kind: 'manifest', repository, reference: last }
  }
  if (word === 'tags' && last === 'list') return { kind: 'tags', repository }
  if (word === 'blobs' && isDigest(last)) return { kind: 'blob', repository, digest: last }
  return parseUpload(segments)
}

function parsePath(path: string): RegistryRequest | undefined {
  if (path === PREFIX) return { kind: 'base' }
  if (!path.startsWith(PREFIX)) return undefined
  const rest = path.slice(PREFIX.length)
  if (rest === '_catalog') return { kind: 'catalog' }
  const found = parseEnd(rest.split('/'))
  return found !== undefined && isRepositoryName(found.repository) ? found : undefined
}

/**
 * Reads a request as the registry does: the path is decoded once, the query means nothing, and the
 * name takes all that it can, so that the last reserved word of the path counts (R15, R18).
 *
 * What it answers with a redirect (doubled slashes, dots, a slash too many at the end), with an error,
 * or takes under a name that no token of ours is ever for (a host before it, upper case) is nothing.
 *
 * @param target of the request line, as it came over the wire
 * @returns undefined for what the registry acts on in no way that we know
 */
export function parseRegistryRequest(method: string, target: string): RegistryRequest | undefined {
  const path = decodePath(target)
  const found = path === undefined ? undefined : parsePath(path)
  return found !== undefined && METHODS[found.kind].includes(method) ? found : undefined
}
