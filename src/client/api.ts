import { ApiError } from './api-error.ts'
import { callOperation, streamOperation } from './call-operation.ts'
import type { Operations, Schemas } from './generated.ts'
import { collectItems, listItems } from './read-lists.ts'
import type {
  CallAnswer,
  CallInput,
  Client,
  ClientCredentials,
  ClientInput,
  Fetch,
  Listing,
  ListName,
  LooseInput,
  OperationName,
  TextName,
} from './types.ts'

export {
  ApiError,
  type CallAnswer,
  type CallInput,
  type Client,
  type ClientCredentials,
  type ClientInput,
  type Fetch,
  type Listing,
  type ListName,
  type OperationName,
  type Operations,
  type Schemas,
  type TextName,
}

/** Makes a client of the service; it works in Node.js and in browsers. */
export function createClient(input: ClientInput): Client {
  return {
    // What comes back is of the types that the service's own schemas were written as.
    call: ((name: OperationName, given?: LooseInput) =>
      callOperation(input, name, given)) as Client['call'],
    list: ((name: ListName, given?: LooseInput) =>
      listItems(input, name, given)) as unknown as Client['list'],
    collect: ((name: ListName, given?: LooseInput) =>
      collectItems(input, name, given)) as unknown as Client['collect'],
    stream: (name: TextName, given?: LooseInput) => streamOperation(input, name, given),
  }
}
