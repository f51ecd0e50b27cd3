import type { Route } from '../http/route.ts'
import { createManifestRoutes } from './browse/manifest-routes.ts'
import { createRepositoryRoutes } from './browse/repository-routes.ts'
import type { BrowseDeps } from './browse/requests.ts'
import { createSearchRoutes } from './browse/search-routes.ts'
import { createStatisticsRoutes } from './browse/statistics-routes.ts'
import { createTagRoutes } from './browse/tag-routes.ts'

/** The longer paths first: a repository's name takes all that it can get. */
export const createImageRoutes = (deps: BrowseDeps): readonly Route[] => [
  ...createTagRoutes(deps),
  ...createManifestRoutes(deps),
  ...createRepositoryRoutes(deps),
  ...createSearchRoutes(deps),
  ...createStatisticsRoutes(deps),
]
