/** Tests that files and functions fit on a few screens. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const MAX_FILE = 250;
const MAX_FUNCTION = 60;
/**
 * Functions that are one table of routes or of a model's moves. A table is read line by line, so it may be
 * long.
 */
const TABLES: readonly string[] = [
  'src/api/bcc/dialect.ts register',
  'src/api/drs/dialect.ts register',
  'src/api/ecl/dialect.ts register',
  'src/api/sfs-turbo/dialect.ts register',
  'test/model/s3/old.ts old',
  'test/model/s3/removal.ts removal',
];

const ROOT = join(import.meta.dirname, '../..');
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

test(`no file has more than ${MAX_FILE} lines`, () => {
  expect(files.length).toBeGreaterThan(500);
  const sizes = files.map((file) => ({ file, lines: read(file).trimEnd().split('\n').length }));
  expect(sizes.filter(({ lines }) => lines > MAX_FILE)).toEqual([]);
});

test(`no function has more than ${MAX_FUNCTION} lines, except tables`, () => {
  const found = files.flatMap((file) => longFunctions(file, read(file)));
  expect(found.filter((name) => !TABLES.includes(name))).toEqual([]);
  expect(TABLES.filter((name) => !found.includes(name))).toEqual([]);
});

/**
 * Returns the names of the functions of a file that are too long. A function that lists tests counts as a
 * table.
 */
function longFunctions(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lineAt = (position: number) => source.getLineAndCharacterOfPosition(position).line;
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) {
      const lines = lineAt(node.end) - lineAt(node.getStart(source)) + 1;
      if (lines > MAX_FUNCTION && !listsTests(node)) {
        found.push(`${file} ${node.name?.getText(source) ?? `line ${lineAt(node.getStart(source)) + 1}`}`);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Tells whether a function calls `test` or `describe` itself, rather than in a function within it. */
function listsTests(node: ts.Node): boolean {
  let lists = false;
  const visit = (child: ts.Node): void => {
    if (ts.isFunctionLike(child) || lists) return;
    lists = ts.isCallExpression(child) && /^(test|describe)\b/.test(child.expression.getText());
    ts.forEachChild(child, visit);
  };
  ts.forEachChild(node, visit);
  return lists;
}
