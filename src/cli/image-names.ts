import { CommandError, EXIT } from './command-line.ts'

/** Docker's way to name an image has the registry's host in front; the API's has not. */
export function parseRepository(text: string): string {
  const [first = '', ...rest] = text.split('/')
  if (!first.includes(':') && first !== 'localhost') return text
  const example = rest.join('/').split(':', 1)[0] || 'acme/app'
  throw new CommandError(
    `${text} begins with the host of a registry; leave that away: ${example}`,
    EXIT.usage,
  )
}

export interface TagName {
  readonly repository: string
  readonly tag: string
}

/** Takes `acme/app 1.0` and `acme/app:1.0`. */
export function parseTagName(text: string, tag: string | undefined): TagName {
  if (text.includes('@')) {
    throw new CommandError(`${text} names a digest; name a tag, such as acme/app:1.0`, EXIT.usage)
  }
  if (tag !== undefined) return { repository: parseRepository(text), tag }
  const colon = text.lastIndexOf(':')
  if (colon === -1 || text.includes('/', colon)) {
    throw new CommandError(`${text} has no tag; write ${text}:TAG or ${text} TAG`, EXIT.usage)
  }
  return { repository: parseRepository(text.slice(0, colon)), tag: text.slice(colon + 1) }
}

/** Takes `acme/app:1.0` and `acme/app@sha256:…`. */
export function parseReferenceName(text: string): {
  readonly repository: string
  readonly reference: string
} {
  const at = text.indexOf('@')
  if (at !== -1) {
    return { repository: parseRepository(text.slice(0, at)), reference: text.slice(at + 1) }
  }
  const { repository, tag } = parseTagName(text, undefined)
  return { repository, reference: tag }
}
