import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A small front end of a company, on an origin of its own. */
export interface FrontEnd {
  readonly origin: string
  /** The same page under a name that makes it another origin. */
  readonly otherOrigin: string
  /** What it shows is decided when everything else has started. */
  show: (places: { readonly issuer: string; readonly api: string }) => void
  readonly close: () => Promise<void>
}

/** Everything that docs/sso.md asks of a front end: the code flow with PKCE, and three calls. */
const pageFor = ({ issuer, api }: { issuer: string; api: string }): string => `<!doctype html>
<title>Front end</title>
<button id="sign-in">Sign in</button> <button id="again">Call again</button>
<p id="error"></p> <p id="username"></p> <p id="secret"></p>
<script type="module">
const show = (id, text) => { document.getElementById(id).textContent = text }
const redirect_uri = location.origin + '/'
const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
document.getElementById('sign-in').onclick = async () => {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)))
  sessionStorage.setItem('verifier', verifier)
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  location.href = '${issuer}/auth?' + new URLSearchParams({
    client_id: 'front', response_type: 'code', redirect_uri, scope: 'openid api',
    code_challenge: base64url(digest), code_challenge_method: 'S256',
  })
}
let token = 'none.yet.x'
const call = async (path, method = 'GET', body) => {
  const response = await fetch('${api}' + path, {
    method,
    headers: { authorization: 'Bearer ' + token, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(response.status + ' ' + answer.detail)
  return answer
}
const work = async () => {
  try {
    show('error', '')
    const { username } = await call('/me')
    const { secret } = await call('/me/tokens', 'POST', { name: 'laptop ' + Date.now() })
    show('secret', secret)
    show('username', username)
  } catch (error) {
    show('error', String(error))
  }
}
document.getElementById('again').onclick = work
const code = new URLSearchParams(location.search).get('code')
if (code) {
  history.replaceState(null, '', '/')
  const response = await fetch('${issuer}/token', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code', client_id: 'front', redirect_uri, code,
      code_verifier: sessionStorage.getItem('verifier'),
    }),
  })
  token = (await response.json()).access_token
  await work()
}
</script>
`

export function startFrontEnd(): Promise<FrontEnd> {
  let page = ''
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      resolve({
        origin: `http://127.0.0.1:${port}`,
        otherOrigin: `http://localhost:${port}`,
        show: (places) => {
          page = pageFor(places)
        },
        close: () =>
          new Promise((closed) => {
            server.close(() => closed())
            server.closeAllConnections()
          }),
      })
    })
  })
}
