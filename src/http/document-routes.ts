import { z } from 'zod'
import { renderDocsPage } from './docs-page.ts'
import { createOpenApiDocument, type OpenApiDocument } from './openapi.ts'
import { defineRoute, type Route } from './route.ts'

export interface DocumentRoutesDeps {
  /** Every route that is to be described, with its whole path. */
  readonly routes: () => readonly Route[]
  readonly version: string
}

const documentRoute = (read: () => OpenApiDocument): Route =>
  defineRoute({
    method: 'get',
    path: '/openapi.json',
    summary: 'This API as an OpenAPI 3.1 document',
    open: true,
    etag: true,
    answers: { 200: { description: 'The document', schema: z.looseObject({}) } },
    handle: async () => ({ status: 200, body: read() }),
  })

const docsRoute = (read: () => OpenApiDocument): Route =>
  defineRoute({
    method: 'get',
    path: '/docs',
    summary: 'This API as a page to read',
    open: true,
    etag: true,
    answers: { 200: { description: 'The page', schema: z.string(), type: 'text/html' } },
    handle: async () => {
      const { html, contentSecurityPolicy } = renderDocsPage(read())
      const headers = {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': contentSecurityPolicy,
      }
      return { status: 200, body: html, headers }
    },
  })

/** The routes that tell of all routes; made at their first use, when all are known. */
export function createDocumentRoutes({ routes, version }: DocumentRoutesDeps): readonly Route[] {
  let document: OpenApiDocument | undefined
  const read = (): OpenApiDocument => {
    document ??= createOpenApiDocument(routes(), version)
    return document
  }
  return [documentRoute(read), docsRoute(read)]
}
