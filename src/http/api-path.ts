import type { Route } from './route.ts'

const API = '/api/v1'

export const isOfApi = (path: string): boolean => path.startsWith(`${API}/`)

/** The same routes as a part of the API; their requests count for the caller's rate. */
export const underApi = (routes: readonly Route[]): readonly Route[] =>
  routes.map((route) => ({ ...route, path: `${API}${route.path}`, limited: true }))
