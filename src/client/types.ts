import type { Operations } from './generated.ts'

/** A name with a password, an access token or a robot's secret; or an access token by itself. */
export type ClientCredentials =
  | { readonly username: string; readonly password: string }
  | { readonly token: string }

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface ClientInput {
  /** Address of the service, such as `https://registry.example.com`. */
  readonly url: string
  /** Undefined asks as nobody: what is public is still answered. */
  readonly credentials?: ClientCredentials | undefined
  /** For tests and special networks; the platform's own by default. */
  readonly fetch?: Fetch | undefined
}

export type OperationName = keyof Operations

/** A part that is there only where the operation has it, and needed only where it needs it. */
type Part<Name extends string, T> = T extends undefined
  ? { readonly [K in Name]?: undefined }
  : Partial<T> extends T
    ? { readonly [K in Name]?: T | undefined }
    : { readonly [K in Name]: T }

interface Extras {
  /** The `etag` of an earlier answer: change it only while it is that. */
  readonly ifMatch?: string | undefined
  /** The same key with the same request does it once. */
  readonly idempotencyKey?: string | undefined
  /** Ends the wait, such as `AbortSignal.timeout(10_000)`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * `as N` makes a type for each operation first. Without it the compiler makes one of all operations,
 * with each part of one beside each part of every other: too many, from some 80 operations on.
 */
type CallInputs = {
  readonly [N in OperationName as N]: Part<'params', Operations[N]['params']> &
    Part<'query', Operations[N]['query']> &
    Part<'body', Operations[N]['body']> &
    Extras
}

export type CallInput<N extends OperationName> = CallInputs[N]

type Arguments<N extends OperationName, More = unknown> =
  Partial<CallInput<N>> extends CallInput<N>
    ? [input?: CallInput<N> & More]
    : [input: CallInput<N> & More]

export interface CallAnswer<T> {
  readonly status: number
  readonly etag: string | undefined
  readonly requestId: string | undefined
  readonly data: T
}

/** Operations that answer page by page. */
export type ListName = {
  [N in OperationName]: Operations[N]['answer'] extends { readonly next: string | null } ? N : never
}[OperationName]

/** Operations that answer text instead of JSON. */
export type TextName = {
  [N in OperationName]: Operations[N]['answer'] extends string ? N : never
}[OperationName]

export type ItemOf<N extends ListName> = Operations[N]['answer'] extends {
  readonly items: ReadonlyArray<infer Item>
}
  ? Item
  : never

export interface Listing<T> {
  readonly items: readonly T[]
  /** Whether `atMost` left something out. */
  readonly hasMore: boolean
}

interface Most {
  /** Stop after so many, from 1; by default the list is read to its end. */
  readonly atMost?: number | undefined
}

/**
 * The whole API by the names of its operations. Every call fails with ApiError. Answers are held
 * against the fields that they must have; those that a newer service adds are passed on.
 */
export interface Client {
  readonly call: <N extends OperationName>(
    name: N,
    ...input: Arguments<N>
  ) => Promise<CallAnswer<Operations[N]['answer']>>
  /** The items of a list, page after page as they are asked for. */
  readonly list: <N extends ListName>(name: N, ...input: Arguments<N>) => AsyncGenerator<ItemOf<N>>
  /** The items of a list at once. */
  readonly collect: <N extends ListName>(
    name: N,
    ...input: Arguments<N, Most>
  ) => Promise<Listing<ItemOf<N>>>
  /** The text as it comes; however long it is, memory does not grow. */
  readonly stream: <N extends TextName>(
    name: N,
    ...input: Arguments<N>
  ) => Promise<AsyncIterable<Uint8Array>>
}

/** What all inputs have in common, for the functions behind the types. */
export interface LooseInput extends Most {
  readonly params?: Readonly<Record<string, unknown>> | undefined
  readonly query?: Readonly<Record<string, unknown>> | undefined
  readonly body?: unknown
  readonly ifMatch?: string | undefined
  readonly idempotencyKey?: string | undefined
  readonly signal?: AbortSignal | undefined
}
