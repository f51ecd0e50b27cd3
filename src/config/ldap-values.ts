import { X509Certificate } from 'node:crypto'
import { FilterParser } from 'ldapts'
import { z } from 'zod'
import { parseDn } from './ldap-dn.ts'

function isServerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, pathname, search, hash, username } = new URL(text)
  if (!['ldap:', 'ldaps:'].includes(protocol) || hostname === '') return false
  return ['', '/'].includes(pathname) && search + hash + username === ''
}

export const ldapServers = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter(Boolean))
  .pipe(
    z
      .array(z.string().refine(isServerUrl, 'must be ldap://host or ldaps://host, a port at most'))
      .min(1, 'must be ldap://host or ldaps://host')
      .max(8, 'must be 8 servers at most'),
  )

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).subject !== undefined
  } catch {
    return false
  }
}

function isFilter(text: string): boolean {
  try {
    return text.startsWith('(') && FilterParser.parseString(text) !== undefined
  } catch {
    return false
  }
}

export const distinguishedName = z
  .string()
  .refine(
    (text) => parseDn(text) !== undefined,
    'must be a name such as ou=people,dc=example,dc=org',
  )

export const ldapFilter = z
  .string()
  .refine(isFilter, 'must be a filter such as (objectClass=person)')

export const ldapAttribute = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be the name of an attribute, such as uid')

export const ldapCertificate = z.string().refine(isCertificate, 'must be a PEM certificate')
