/**
 * What the page does. The token comes in the fragment, which browsers send to nobody, and is taken out
 * of the address at once: neither the history nor a screenshot keeps it.
 */
export const PAGE_SCRIPT = `'use strict'
const form = document.querySelector('form')
const status = document.querySelector('[role=status]')
const [first, second] = form.querySelectorAll('input')
const button = form.querySelector('button')
let token = ''
const say = (text) => { status.textContent = text }
const show = () => {
  form.hidden = token === ''
  if (token === '') say('This page is opened by a link from a mail. Ask for one where you sign in, then open it.')
  else say('')
}
const takeToken = () => {
  const found = new URLSearchParams(location.hash.slice(1)).get('token')
  if (location.hash !== '') history.replaceState(null, '', location.pathname)
  if (found) token = found
  show()
}
const explain = async (answer) => {
  const problem = await answer.json().catch(() => ({}))
  const code = problem.errors && problem.errors[0] && problem.errors[0].code
  if (code === 'RESET_LINK_INVALID') { token = ''; form.hidden = true }
  say(problem.detail || 'The service answers ' + answer.status + '. Try again in a moment.')
}
const send = async () => {
  const answer = await fetch('password-reset/confirm', {
    method: 'POST', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token, newPassword: first.value }),
  })
  if (answer.status !== 204) { await explain(answer); return }
  token = ''
  form.reset()
  form.hidden = true
  say('Your password is changed. Everything that was signed in is signed out; access tokens have ended, too.')
}
form.addEventListener('submit', (event) => {
  event.preventDefault()
  if (first.value !== second.value) { say('The two are not the same.'); return }
  button.disabled = true
  say('One moment …')
  send().catch(() => say('The service does not answer. Try again in a moment.'))
    .finally(() => { button.disabled = false })
})
addEventListener('hashchange', takeToken)
takeToken()
`
