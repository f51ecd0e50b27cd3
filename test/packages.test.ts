import { readFileSync } from 'node:fs'
import test from 'ava'

interface Entry {
  readonly version?: string
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  readonly packages: Readonly<Record<string, Entry>>
}
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

// A mirror that lacks the parts for other platforms makes npm leave them out, and then refuse its
// own lock file on a fresh clone.
test('the lock file names the parts for every platform', (t) => {
  const entries = Object.entries(lock.packages)
  const missing = entries.flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        lock.packages[`node_modules/${name}`] === undefined &&
        lock.packages[`${path}/node_modules/${name}`] === undefined,
    ),
  )
  t.true(entries.length > 100)
  t.deepEqual(missing, [])
})

test('the lock file names no place to download from', (t) => {
  const places = Object.values(lock.packages).filter(({ resolved }) => resolved !== undefined)
  t.deepEqual(places, [])
})

test('every dependency is pinned to an exact version', (t) => {
  const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
  t.true(versions.length > 10)
  t.deepEqual(
    versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)),
    [],
  )
})
