import type { Database } from '../../src/database/open-database.ts'
import * as manifests from '../../src/images/browse/manifest-read-queries.ts'
import * as ownTags from '../../src/images/browse/own-tag-queries.ts'
import * as ranges from '../../src/images/browse/project-range-queries.ts'
import * as referrers from '../../src/images/browse/referrer-queries.ts'
import * as repositories from '../../src/images/browse/repository-queries.ts'
import * as walks from '../../src/images/browse/repository-walk-queries.ts'
import * as searches from '../../src/images/browse/search-queries.ts'
import * as statistics from '../../src/images/browse/statistics-queries.ts'
import * as tags from '../../src/images/browse/tag-list-queries.ts'
import { LIBRARY } from '../../src/protocol/reference.ts'
import { digestOf, repositoryOf } from './grown-index.ts'

const MOST = 101
const AT_ONCE = 1000
const now = new Date()
const today = now.toISOString().slice(0, 10)
const monthAgo = new Date(now.getTime() - 29 * 86_400_000).toISOString().slice(0, 10)
const PROJECTS = [...Array.from({ length: 20 }, (_, n) => `project-${n}`), LIBRARY]
/** As few as are sorted together. */
const FEW_PROJECTS = PROJECTS.slice(0, 3)
const IDS = Array.from({ length: 1000 }, (_, n) => n + 1)

const everyOne = async <T>(
  values: readonly T[],
  work: (value: T) => Promise<unknown>,
): Promise<void> => {
  for (const value of values) await work(value)
}

const VALUES = {
  name: undefined,
  pushedAt: new Date(now.getTime() - 1_500_000),
  pulledAt: new Date(0),
  sizeBytes: 1500,
} as const

/** From the first row on, and from the middle, by every sort, up and down. */
const WALKS: readonly walks.RepositoryWalk[] = (
  Object.keys(VALUES) as walks.RepositorySort[]
).flatMap((by) =>
  [false, true].flatMap((descending) =>
    [undefined, { name: repositoryOf(1500), value: VALUES[by] }].map((after) => ({
      by,
      descending,
      after,
      under: undefined,
      most: MOST,
    })),
  ),
)
const TIMED_WALKS = WALKS.filter(({ by }) => by !== 'name')
const NAME_WALKS = WALKS.filter(({ by }) => by === 'name')
const UNDER = { ...(NAME_WALKS[0] as walks.RepositoryWalk), under: 'project-7/' }

const TAG_VALUES = {
  name: undefined,
  version: '00001500',
  pushedAt: VALUES.pushedAt,
  pulledAt: new Date(0),
  sizeBytes: 0,
} as const

const TAG_LISTS: readonly tags.TagListQuestion[] = (
  Object.keys(TAG_VALUES) as tags.TagSort[]
).flatMap((by) =>
  [false, true].flatMap((descending) =>
    [undefined, { name: '1.2500', value: TAG_VALUES[by] }].flatMap((after) =>
      [
        { start: undefined, digest: undefined },
        { start: '1.25', digest: undefined },
        { start: undefined, digest: digestOf(7) },
      ].map((filter) => ({ repositoryId: 1, by, descending, after, most: MOST, ...filter })),
    ),
  ),
)

const DAYS = { from: monthAgo, until: today, after: undefined, most: MOST }
const LATER_DAYS = { ...DAYS, after: { day: monthAgo, project: 'project-20' } }
const PLACE = { repositoryId: 1, digest: digestOf(7) }
const SUBJECT = { repositoryId: 1, subjectDigest: digestOf(7), most: MOST }
const LABEL = { name: 'version', value: '1500' }

type Call = (database: Database) => Promise<unknown>

/** What reads the index for people, with what it is asked when there is much. */
export const BROWSE_CALLS: Readonly<Record<string, Call>> = {
  'images/browse/manifest-read-queries.ts#findPlacedManifest': (db) =>
    manifests.findPlacedManifest(db, PLACE),
  'images/browse/manifest-read-queries.ts#findManifestDetails': (db) =>
    manifests.findManifestDetails(db, 7),
  'images/browse/manifest-read-queries.ts#listManifestChildren': (db) =>
    manifests.listManifestChildren(db, 7),
  'images/browse/manifest-read-queries.ts#listTagsOf': (db) =>
    manifests.listTagsOf(db, PLACE, MOST),
  'images/browse/referrer-queries.ts#listBySubject': (db) => referrers.listBySubject(db, SUBJECT),
  'images/browse/referrer-queries.ts#listByTag': (db) => referrers.listByTag(db, SUBJECT),
  'images/browse/repository-queries.ts#findListedRepository': (db) =>
    repositories.findListedRepository(db, repositoryOf(7)),
  'images/browse/repository-queries.ts#listRepositoriesById': (db) =>
    repositories.listRepositoriesById(db, IDS.slice(0, MOST)),
  'images/browse/repository-walk-queries.ts#walkEverywhere': (db) =>
    everyOne([...WALKS, UNDER], (walk) => walks.walkEverywhere(db, walk)),
  'images/browse/project-range-queries.ts#walkRanges': (db) =>
    everyOne(TIMED_WALKS, (walk) =>
      ranges.walkRanges(
        db,
        PROJECTS.map((project) => ({ project, after: walk.after })),
        { ...walk, most: 20 },
      ),
    ),
  'images/browse/project-range-queries.ts#countLately': (db) => ranges.countLately(db, PROJECTS),
  'images/browse/project-range-queries.ts#walkSorted': (db) =>
    everyOne(TIMED_WALKS, (walk) => ranges.walkSorted(db, FEW_PROJECTS, walk)),
  'images/browse/repository-walk-queries.ts#walkProjectNames': (db) =>
    everyOne([...NAME_WALKS, UNDER], (walk) => walks.walkProjectNames(db, PROJECTS, walk)),
  'images/browse/repository-walk-queries.ts#walkScattered': (db) =>
    everyOne([...WALKS, UNDER], (walk) =>
      walks.walkScattered(db, PROJECTS, { ...walk, most: AT_ONCE }),
    ),
  'images/browse/search-queries.ts#listNamesById': (db) => searches.listNamesById(db, IDS),
  'images/browse/search-queries.ts#findSegments': (db) =>
    everyOne([undefined, { segment: 'app-1500', repositoryId: 1 }], (after) =>
      searches.findSegments(db, 'app', { after, most: MOST }),
    ),
  'images/browse/search-queries.ts#countGram': (db) => searches.countGram(db, 'app', AT_ONCE),
  'images/browse/search-queries.ts#findByGram': (db) =>
    searches.findByGram(db, 'app', { after: 1500, most: MOST }),
  'images/browse/search-queries.ts#findTagsByStart': (db) =>
    everyOne([undefined, { tag: '1.1500', repositoryId: 1 }], (after) =>
      searches.findTagsByStart(db, '1.', { after, most: MOST }),
    ),
  'images/browse/own-tag-queries.ts#findTagsWithin': (db) =>
    everyOne([undefined, { project: 'project-1', tag: '1.1500', repositoryId: 1 }], (after) =>
      everyOne(['1.', '1.15', 'none'], (start) =>
        ownTags.findTagsWithin(db, { projects: PROJECTS, start }, { after, most: MOST }),
      ),
    ),
  'images/browse/search-queries.ts#findPlacesOf': (db) =>
    searches.findPlacesOf(db, digestOf(7), { after: undefined, most: MOST }),
  'images/browse/search-queries.ts#findIdsByLabel': (db) =>
    searches.findIdsByLabel(db, LABEL, { from: 0, most: MOST }),
  'images/browse/search-queries.ts#listPlaces': (db) =>
    everyOne([undefined, { manifestId: 7, repositoryId: 1 }], (after) =>
      searches.listPlaces(db, IDS.slice(0, MOST), { after, most: MOST }),
    ),
  'images/browse/statistics-queries.ts#listProjectDays': (db) =>
    everyOne([undefined, PROJECTS, ['project-7']], (projects) =>
      everyOne([DAYS, LATER_DAYS], (days) => statistics.listProjectDays(db, projects, days)),
    ),
  'images/browse/statistics-queries.ts#listRepositoryDays': (db) =>
    statistics.listRepositoryDays(db, { id: 7, project: 'project-7' }, LATER_DAYS),
  'images/browse/tag-list-queries.ts#listTags': (db) =>
    everyOne(TAG_LISTS, (question) => tags.listTags(db, question)),
  'images/browse/tag-list-queries.ts#findListedTag': (db) => tags.findListedTag(db, 1, '1.7'),
}

export const BROWSE_NOT_CALLED: Readonly<Record<string, string>> = {
  'images/browse/repository-walk-queries.ts#endOf': 'makes a text',
  'images/browse/repository-walk-queries.ts#steps': 'a part of other statements',
  'images/browse/repository-walk-queries.ts#toStep': 'reads a row',
  'database/keyset.ts#inKeyOrder': 'a part of other statements',
  'images/browse/repository-queries.ts#orNever': 'reads a column',
}
