import type { Knex } from 'knex'
import { addColumn, addIndex, type Migration, NAME } from './schema.ts'

/** Tags that one statement changes: some milliseconds of work, and locks for no longer. */
const AT_ONCE = 2000

interface Key {
  readonly repository_id: number
  readonly name: string
}

/** All tags behind a key, in the order of their keys. */
const behind = (database: Knex, { repository_id, name }: Key): Knex.QueryBuilder =>
  database('tags')
    .where('repository_id', '>=', repository_id)
    .where((later) => {
      later.where('repository_id', '>', repository_id).orWhere('name', '>', name)
    })

/** Gives every tag the project of its repository, some tags at a time; those that have it keep it. */
const fillProjects: Migration = async (database) => {
  let from: Key | undefined = { repository_id: 0, name: '' }
  while (from !== undefined) {
    const last: Key | undefined = await behind(database, from)
      .orderBy(['repository_id', 'name'])
      .offset(AT_ONCE - 1)
      .first('repository_id', 'name')
    const piece = behind(database, from).where({ project: '' })
    if (last !== undefined) {
      piece.where('repository_id', '<=', last.repository_id).where((earlier) => {
        earlier.where('repository_id', '<', last.repository_id).orWhere('name', '<=', last.name)
      })
    }
    const project = database('repositories')
      .where('repositories.id', database.ref('tags.repository_id'))
      .select('project')
    await piece.update({ project: database.raw("COALESCE((?), '')", [project]) })
    from = last
  }
}

/** A search by the tags of some projects reads these tags alone; history has an end. */
export const SEARCH: Readonly<Record<string, Migration>> = {
  '0150_tags_project': addColumn('tags', 'project', `VARCHAR(255) ${NAME} NOT NULL DEFAULT ''`),
  '0151_tags_project_fill': fillProjects,
  '0152_tags_project_name': addIndex('tags', 'tags_project_name', [
    'project',
    'is_listed',
    'name',
    'repository_id',
  ]),
  '0153_tag_history_time': addIndex('tag_history', 'tag_history_time', ['time']),
}
