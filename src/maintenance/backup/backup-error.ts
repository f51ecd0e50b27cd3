/** Why a backup or a restore does not go on; nothing was changed. */
export class BackupError extends Error {
  override readonly name = 'BackupError'
}
