import { addColumn, addIndex, type Migration, NAME } from './schema.ts'

/** Robots that act for people, and what they make for them. */
export const ACTING: Readonly<Record<string, Migration>> = {
  '0085_robots_on_behalf_group': addColumn(
    'robots',
    'on_behalf_group_id',
    'BIGINT UNSIGNED NULL AFTER networks',
  ),
  '0086_robots_on_behalf_group_index': addIndex('robots', 'robots_on_behalf_group', [
    'on_behalf_group_id',
  ]),
  '0087_access_tokens_made_by_robot': addColumn(
    'access_tokens',
    'made_by_robot_id',
    'BIGINT UNSIGNED NULL AFTER permissions',
  ),
  '0088_access_tokens_made_by_robot_index': addIndex(
    'access_tokens',
    'access_tokens_made_by_robot',
    ['made_by_robot_id'],
  ),
  '0089_tag_removals_on_behalf_of': addColumn(
    'tag_removals',
    'on_behalf_of',
    `VARCHAR(128) ${NAME} NULL AFTER actor_name`,
  ),
}
