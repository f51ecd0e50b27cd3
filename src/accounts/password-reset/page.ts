import { createHash } from 'node:crypto'
import { PAGE_SCRIPT } from './page-script.ts'

const STYLE = `
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 10vh auto; padding: 0 1rem }
label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit }
label { margin-top: 1rem } input, button { padding: .5rem; margin-top: .3rem } button { margin-top: 1.5rem }
[hidden] { display: none }
`

const hashOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Nothing in it depends on the request, so nothing of a request can get into it. */
export const RESET_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>Choose a new password</title><style>${STYLE}</style></head>
<body><h1>Choose a new password</h1>
<noscript><p>This page needs JavaScript.</p></noscript>
<form hidden>
<label for="first">New password, of at least 8 characters</label>
<input id="first" type="password" autocomplete="new-password" minlength="8" maxlength="128" required autofocus>
<label for="second">The same once more</label>
<input id="second" type="password" autocomplete="new-password" maxlength="128" required>
<button>Set the password</button>
</form>
<p role="status"></p>
<script>${PAGE_SCRIPT}</script></body></html>
`

/** Its own script and style, and requests to where it came from: no other host, frame or form. */
export const RESET_PAGE_POLICY = [
  "default-src 'none'",
  `script-src ${hashOf(PAGE_SCRIPT)}`,
  `style-src ${hashOf(STYLE)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
