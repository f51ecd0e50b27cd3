/** An image repository as the API tells of it. What only its history would tell is not known yet. */
export interface Repository {
  readonly name: string
  readonly project: string
  readonly tagCount: number
}

export interface Tag {
  readonly name: string
  readonly digest: string
  readonly mediaType: string
  /** Its blobs and manifests, each once; undefined when the registry has not all of them. */
  readonly sizeBytes: number | undefined
}
