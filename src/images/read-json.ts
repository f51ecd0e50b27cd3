/** @returns undefined for what is no JSON, which no schema of ours takes */
export function readJson(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'))
  } catch {
    return undefined
  }
}
