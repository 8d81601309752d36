import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allOf, attribute, visibility } from '../../src/temporal/index.ts';

test.each([
  ["x' OR WorkflowId = 'other", "WorkflowId = 'x\\' OR WorkflowId = \\'other'"],
  ["x\\' OR 'a' = 'a", "WorkflowId = 'x\\\\\\' OR \\'a\\' = \\'a'"],
  ['a`b"c', "WorkflowId = 'a`b\"c'"],
])('the value %s cannot leave its own term', (value, text) => {
  expect(visibility`WorkflowId = ${value}`.text).toBe(text);
});

test('a filter may be a part of another filter', () => {
  const term = visibility`${attribute('ImageReplicatorStatus')} = ${'error'}`;
  expect(allOf([visibility`WorkflowType = ${'copyImage'}`, term]).text).toBe(
    "WorkflowType = 'copyImage' AND ImageReplicatorStatus = 'error'",
  );
});

test('the name of a search attribute has to be an identifier', () => {
  expect(() => attribute("x' = 'x")).toThrow('is not the name');
});

test("only src/temporal queries Temporal's visibility", () => {
  const files = execFileSync('git', ['ls-files', '-z', 'src', 'activities', 'workflows'], {
    encoding: 'utf8',
  });
  const querying = files
    .split('\0')
    .filter((path) => path.endsWith('.ts') && !path.startsWith('src/temporal/') && existsSync(path))
    .filter((path) =>
      /workflow\.(list|count)\(|WorkflowExecutions\(|new VisibilityQuery|(WorkflowType|WorkflowId|RunId) = '/.test(
        readFileSync(path, 'utf8'),
      ),
    );
  expect(querying).toEqual([]);
});
