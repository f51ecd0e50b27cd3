import type { Database } from '../database/open-database.ts'

/** @returns false when the stored hash is another one than `from`; nothing is changed then */
export async function replacePassword(
  database: Database,
  id: number,
  { from, to, now }: { readonly from: string; readonly to: string; readonly now: Date },
): Promise<boolean> {
  const changed = await database('users')
    .where({ id, password_hash: from, deleted_at: null })
    .update({
      password_hash: to,
      sign_in_epoch: database.raw('sign_in_epoch + 1'),
      version: database.raw('version + 1'),
      updated_at: now,
    })
  return changed > 0
}

/** The same password under another hash: sign-ins of before go on. @returns as `replacePassword` */
export async function upgradeHash(
  database: Database,
  id: number,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<boolean> {
  const changed = await database('users')
    .where({ id, password_hash: from, deleted_at: null })
    .update({ password_hash: to })
  return changed > 0
}
