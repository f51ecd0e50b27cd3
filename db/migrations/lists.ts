import { addIndex, type Migration } from './schema.ts'

/** Indexes of questions that read, or sorted, many more rows than they answer with. */
export const LISTS: Readonly<Record<string, Migration>> = {
  '0060_users_system_role': addIndex('users', 'users_system_role', ['system_role']),
  '0061_projects_visibility_created': addIndex('projects', 'projects_visibility_created', [
    'visibility',
    'created_at',
    'name',
  ]),
}
