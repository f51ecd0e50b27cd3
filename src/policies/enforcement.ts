/**
 * Whether manifest writes pass the door, where each is decided before the registry has it. Where they
 * do not, what happened is found afterwards, and the API says that this is the promise.
 */
export type Door = 'required' | 'off'
