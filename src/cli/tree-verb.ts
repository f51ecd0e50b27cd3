import type { Command } from 'commander'
import type { CommandLine } from './command-line.ts'
import { type ListOptions, printListing, withListOptions } from './listing.ts'
import { withApi } from './session.ts'

/** `warden repo tree`. */
export function addTreeVerb(repository: Command, commandLine: CommandLine): void {
  const tree = repository
    .command('tree')
    .description('show one level of the names of repositories; folders end with a slash')
    .argument('[path]', 'what is below this, such as acme/team; the projects by default')
  withListOptions(tree).action((under: string | undefined, options: ListOptions) =>
    withApi(commandLine, async (client) => {
      const asked = { query: { under }, atMost: options.limit }
      const listing = await client.collect('getTree', asked)
      const columns = [{ head: 'name', cell: ({ name }: { readonly name: string }) => name }]
      const none = 'There are no repositories there that you may pull.'
      printListing(commandLine, { listing, options, columns, none })
    }),
  )
}
