import type { RightsChange } from '../database/change-version.ts'

/** Ends the right of robots to act for the members of a group. */
export async function endActingFor(
  { transaction, note }: RightsChange,
  groupId: number,
): Promise<void> {
  const robots = await transaction('robots')
    .where({ on_behalf_group_id: groupId })
    .forUpdate()
    .select<{ id: number }[]>('id')
  for (const { id } of robots) await note({ kind: 'robot', id })
  await transaction('robots')
    .where({ on_behalf_group_id: groupId })
    .update({ on_behalf_group_id: null, version: transaction.raw('version + 1') })
}
