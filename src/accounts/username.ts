const USERNAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/

/**
 * The one spelling of a user name. It is held against its grammar *before* it is made lower case,
 * so that no letter of another alphabet can fold into ASCII (R8).
 *
 * @returns undefined when it is not a user name
 */
export const normalizeUsername = (text: string): string | undefined =>
  USERNAME.test(text) && !text.includes('..') ? text.toLowerCase() : undefined
