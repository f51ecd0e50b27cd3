/** Looks of the documentation page; light or dark as the reader's system is. */
export const DOCS_STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dee4, #3d444d); --soft: light-dark(#f6f8fa, #161b22);
  --text: light-dark(#1f2328, #e6edf3); --page: light-dark(#fff, #0d1117); --quiet: light-dark(#59636e, #9198a1);
  --link: light-dark(#0757b8, #6cb0ff) }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif }
a { color: var(--link); text-decoration: none } a:hover, a:focus { text-decoration: underline }
nav { position: fixed; inset: 0 auto 0 0; width: 20rem; overflow: auto; padding: 1rem; border-right: 1px solid var(--line); font-size: .85rem }
nav ul { list-style: none; margin: 0 0 1rem; padding: 0 } nav li { overflow-wrap: anywhere; padding: .1rem 0 } nav li a { display: flex }
main { margin-left: 20rem; padding: 1rem 2rem 6rem; max-width: 62rem }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line) }
article { margin: 2rem 0; padding-bottom: 1rem; border-bottom: 1px solid var(--line); scroll-margin-top: 1rem }
h3 { margin: 0; font: 600 1rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere }
h4 { margin: 1rem 0 .3rem; color: var(--quiet); font-size: .85rem }
.method { display: inline-block; flex: none; min-width: 4.2em } .quiet { color: var(--quiet) }
pre, code { font: .85rem/1.45 ui-monospace, monospace } code { overflow-wrap: break-word }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: .7rem 1rem; overflow: auto; white-space: pre-wrap }
table { border-collapse: collapse; width: 100%; font-size: .9rem }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-top: 1px solid var(--line) }
th { border-top: 0; color: var(--quiet); font-weight: 600 }
@media (max-width: 60rem) { nav { position: static; width: auto; border-right: 0 } main { margin-left: 0; padding: 1rem } }
`
