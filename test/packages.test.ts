import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { runCommand } from './support/run-command.ts'
import { makeTemporaryDir, removeDir } from './support/temporary-dir.ts'

interface Entry {
  readonly version?: string
  readonly resolved?: string
  readonly dev?: boolean
  readonly license?: string
  readonly hasInstallScript?: boolean
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

/** What runs with the service, by name. */
const running = Object.entries(lock.packages)
  .filter(([path, { dev }]) => path !== '' && dev !== true)
  .map(([path, entry]) => ({ ...entry, name: path.slice(path.lastIndexOf('node_modules/') + 13) }))

test('docs/supply-chain.md lists the licence of every package that runs, and no other', (t) => {
  const rows = readFileSync('docs/supply-chain.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (Licence|---) /.test(line))
    .map((line) => line.slice(2, -2).split(' | '))
  const listed = Object.fromEntries(rows.map(([licence = '', names = '']) => [licence, names]))
  const licences = [...new Set(running.map(({ license = 'none' }) => license))]
  const expected = Object.fromEntries(
    licences.map((licence) => {
      const names = running.filter(({ license = 'none' }) => license === licence)
      return [licence, [...new Set(names.map(({ name }) => name))].sort().join(', ')]
    }),
  )
  t.deepEqual(listed, expected)
})

test('every licence allows what people do with the image', (t) => {
  const allowed =
    /^(MIT|MIT-0|ISC|Apache-2\.0|BSD-3-Clause|BlueOak-1\.0\.0|\((BSD-3-Clause|MIT) OR .*\))$/
  t.deepEqual(
    running.filter(({ license = 'none' }) => !allowed.test(license)).map(({ name }) => name),
    [],
  )
})

test('nothing but the two hashes has an install script', (t) => {
  const names = running.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name)
  t.deepEqual(names.sort(), ['argon2', 'bcrypt'])
})

// `npm sbom --omit dev` leaves out what both need, so the image has none of the others when it is written.
test('the bill of materials of the image has every package that runs, with its version', async (t) => {
  t.timeout(120_000)
  const steps = [
    'npm pkg delete devDependencies',
    'npm prune --ignore-scripts',
    'npm sbom --sbom-format cyclonedx > sbom.cdx.json',
  ]
  t.true(readFileSync('compose/Dockerfile', 'utf8').includes(steps.join(' \\\n && ')))
  const dir = makeTemporaryDir()
  t.teardown(() => removeDir(dir))
  const files = ['package.json', 'package-lock.json', '.npmrc', 'node_modules']
  // Links where they can be made: pruning takes files away, and changes none.
  const copied = await runCommand('sh', [
    '-c',
    `cp -al ${files.join(' ')} ${dir} 2>/dev/null || cp -R ${files.join(' ')} ${dir}; rm ${dir}/package*.json && cp package*.json ${dir}`,
  ])
  t.is(copied.code, 0, copied.output)
  const { code, output } = await runCommand('sh', ['-c', steps.join(' && ')], { cwd: dir })
  t.is(code, 0, output)
  const bill = JSON.parse(readFileSync(join(dir, 'sbom.cdx.json'), 'utf8')) as {
    readonly bomFormat: string
    readonly components: readonly { readonly purl: string }[]
  }
  t.is(bill.bomFormat, 'CycloneDX')
  const known = new Set(bill.components.map(({ purl }) => decodeURIComponent(purl)))
  const installed = running.filter(({ name }) => existsSync(join('node_modules', name)))
  t.true(installed.length > 100)
  t.deepEqual(
    installed
      .filter(({ name, version }) => !known.has(`pkg:npm/${name}@${version}`))
      .map(({ name }) => name),
    [],
  )
  t.false([...known].some((purl) => purl.startsWith('pkg:npm/ava@')))
})
