/** Tests the packages of a release: their versions, digests and licences, and the bill of materials. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };

interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

/** The licences whose terms an Apache-2.0 program can keep. */
const LICENCES = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-4.0',
  'ISC',
  'MIT',
  'MPL-2.0',
  'Unlicense',
]);
/** The packages whose package.json names no licence, with the licence in their LICENSE file. */
const NAMED_HERE: Readonly<Record<string, string>> = { unionfs: 'Unlicense' };

const ROOT = join(import.meta.dirname, '../..');
const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
const locked = Object.entries(JSON.parse(lock).packages as Record<string, LockedPackage>)
  .filter(([path]) => path !== '')
  .map(([path, entry]) => ({ path, name: path.slice(path.lastIndexOf('node_modules/') + 13), ...entry }));

/** Tells whether an SPDX expression of names, AND and OR allows us to use the package. */
function isAllowed(expression: string): boolean {
  const ors = expression.replaceAll(/[()]/g, '').split(' OR ');
  return ors.some((or) => or.split(' AND ').every((licence) => LICENCES.has(licence)));
}

test('package.json names exact versions', () => {
  const { dependencies, devDependencies, optionalDependencies, overrides } = packageJson;
  const versions = Object.entries({
    ...dependencies,
    ...devDependencies,
    ...optionalDependencies,
    ...overrides,
  });
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test('every package in the lock file has a digest', () => {
  expect(locked.length).toBeGreaterThan(200);
  expect(locked.filter(({ integrity }) => integrity === undefined).map(({ name }) => name)).toEqual([]);
});

test('every package with an install script is allowed or denied by name', () => {
  const withScripts = locked.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name);
  expect([...new Set(withScripts)].sort()).toEqual(Object.keys(packageJson.allowScripts).sort());
});

test('every package has a licence that is compatible with ours', () => {
  const refused = locked.filter(({ name, license }) => !isAllowed(license ?? NAMED_HERE[name] ?? 'none'));
  expect(refused.map(({ name, license }) => `${name}: ${license}`)).toEqual([]);
});

test('the bill of materials names exactly the packages of a release', () => {
  const options = { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  const { components } = JSON.parse(execFileSync('npm', ['run', '--silent', 'sbom'], options)) as {
    components: readonly { 'bom-ref': string }[];
  };
  const released = locked.filter(({ path, dev }) => !dev && existsSync(join(ROOT, path)));
  expect(components.map((component) => component['bom-ref']).sort()).toEqual(
    [...new Set(released.map(({ name, version }) => `${name}@${version}`))].sort(),
  );
});
