/** What went wrong with the parts, in sentences for the person who started them. */
export class StackError extends Error {
  override readonly name = 'StackError'
}
