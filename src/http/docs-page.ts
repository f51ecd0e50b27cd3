import { createHash } from 'node:crypto'
import type { DescribedAnswer, Operation, Parameter } from './describe-route.ts'
import type { JsonSchema } from './describe-schema.ts'
import { DOCS_STYLE } from './docs-style.ts'
import { exampleOf, typeOf } from './example.ts'
import type { OpenApiDocument } from './openapi.ts'

/** HTML that is safe to put into a page as it is. */
interface Html {
  readonly html: string
}

type Part = string | Html | readonly Html[] | undefined

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeText = (text: string): string => text.replace(/[&<>"']/g, (c) => ESCAPES[c] ?? '')

function toHtml(part: Part): string {
  if (part === undefined) return ''
  if (typeof part === 'string') return escapeText(part)
  return 'html' in part ? part.html : part.map(({ html }) => html).join('')
}

/** Only what another `h` made goes in as it is; every text is escaped. */
const h = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  html: String.raw({ raw: texts }, ...parts.map(toHtml)),
})

/** What stands in backquotes, as code. */
const prose = (text: string): Html =>
  h`${text.split('`').map((part, at) => (at % 2 === 0 ? h`${part}` : h`<code>${part}</code>`))}`

interface Described extends Operation {
  readonly method: string
  readonly path: string
}

const isOpen = ({ security }: Operation): boolean => security.length === 0
const isForAll = ({ security }: Operation): boolean =>
  security.some((way) => Object.keys(way).length === 0)

function accessOf(operation: Operation): string {
  if (isOpen(operation)) return 'Without credentials.'
  return isForAll(operation)
    ? 'With credentials, or anonymous for what is public.'
    : 'With credentials.'
}

const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** A command that can be copied, with an example of every needed value. */
function exampleCurl(document: OpenApiDocument, operation: Described): string {
  const { method, path, parameters, requestBody } = operation
  const query = parameters
    .filter((parameter) => parameter.in === 'query' && parameter.required)
    .map(({ name }) => `${name}=…`)
  const url = `https://registry.example.com${path}${query.length > 0 ? `?${query.join('&')}` : ''}`
  const words = [
    'curl',
    ...(isOpen(operation) ? [] : ['-u alice']),
    ...(method === 'get' || (method === 'post' && requestBody)
      ? []
      : [`-X ${method.toUpperCase()}`]),
    shellWord(url),
  ]
  for (const [type, { schema }] of Object.entries(requestBody?.content ?? {})) {
    const example = exampleOf(schema, document.components.schemas)
    if (type === 'application/json') words.push(`--json ${shellWord(JSON.stringify(example))}`)
    else words.push(...Object.keys(Object(example)).map((name) => `-d ${shellWord(`${name}=…`)}`))
  }
  return words.join(' ')
}

const row = (name: string, place: string, schema: JsonSchema, text: string | undefined): Html =>
  h`<tr><td><code>${name}</code></td><td>${place}</td><td><code>${typeOf(schema)}</code></td><td>${text}</td></tr>`

const head = h`<tr><th>Name</th><th>Where</th><th>Type</th><th>Meaning</th></tr>`

const parameterRow = ({ name, in: place, required, schema, description }: Parameter): Html =>
  row(name, required ? `${place}, needed` : place, schema, description)

const parameterTable = (parameters: readonly Parameter[]): Html =>
  parameters.length === 0
    ? h``
    : h`<h4>Parameters</h4><table>${head}${parameters.map(parameterRow)}</table>`

const bodyOf = ({ requestBody }: Operation): Html =>
  h`${Object.entries(requestBody?.content ?? {}).map(
    ([type, { schema }]) =>
      h`<h4>Body: ${type}</h4><pre>${JSON.stringify(schema, undefined, 2)}</pre>`,
  )}`

function answerRow(document: OpenApiDocument, status: string, found: object): Html {
  const name = '$ref' in found ? String(found.$ref).split('/').at(-1) : undefined
  const answer = (name ? document.components.responses[name] : found) as DescribedAnswer
  const content = Object.entries(answer.content ?? {}).map(
    ([type, { schema }]) => h` <code>${type}: ${typeOf(schema)}</code>`,
  )
  return h`<tr><td>${status}</td><td>${prose(answer.description)}${content}</td></tr>`
}

const article = (document: OpenApiDocument, operation: Described): Html =>
  h`<article id="${operation.operationId}">
<h3><span class="method">${operation.method.toUpperCase()}</span> ${operation.path}</h3>
<p>${operation.summary}. <span class="quiet">${accessOf(operation)} Operation <code>${operation.operationId}</code>.</span></p>
${parameterTable(operation.parameters)}${bodyOf(operation)}
<h4>Answers</h4><table>${Object.entries(operation.responses).map(([status, answer]) =>
    answerRow(document, status, answer),
  )}</table>
<h4>Example</h4><pre>${exampleCurl(document, operation)}</pre>
</article>
`

const link = ({ method, path, operationId }: Described): Html =>
  h`<li><a href="#${operationId}"><span class="method">${method.toUpperCase()}</span> ${path}</a></li>`

const schemas = (document: OpenApiDocument): Html =>
  h`<h2 id="schemas">Schemas</h2>${Object.entries(document.components.schemas).map(
    ([name, schema]) =>
      h`<article id="schema-${name}"><h3>${name}</h3><pre>${JSON.stringify(schema, undefined, 2)}</pre></article>`,
  )}`

export interface DocsPage {
  readonly html: string
  /** Allows the page's own style and nothing else: no script, no image, no frame, no other host. */
  readonly contentSecurityPolicy: string
}

const STYLE_HASH = createHash('sha256').update(DOCS_STYLE).digest('base64')

/** Renders the document as one page that needs no script and nothing from anywhere. */
export function renderDocsPage(document: OpenApiDocument): DocsPage {
  const operations: readonly Described[] = Object.entries(document.paths).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ ...operation, method, path })),
  )
  const under = (name: string) => operations.filter(({ tags }) => tags.includes(name))
  const { title, version, description } = document.info
  const { html } = h`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} API ${version}</title><style>${{ html: DOCS_STYLE }}</style></head>
<body><nav aria-label="Operations"><p><strong>${title}</strong> ${version}</p>${document.tags.map(
    ({ name }) => h`<strong>${name}</strong><ul>${under(name).map(link)}</ul>`,
  )}<a href="#schemas">Schemas</a></nav>
<main><h1>${title} API</h1>${description.split('\n\n').map((text) => h`<p>${text}</p>`)}
<p>For programs: <a href="openapi.json">openapi.json</a>, OpenAPI ${document.openapi}.</p>
${document.tags.map(
  ({ name }) => h`<h2>${name}</h2>${under(name).map((operation) => article(document, operation))}`,
)}${schemas(document)}</main></body></html>
`
  return {
    html,
    contentSecurityPolicy: `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  }
}
