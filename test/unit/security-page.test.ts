/** Tests that the page on security agrees with the code and the measurements. */
import { readFileSync } from 'node:fs';
import { maxHeaderSize } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MAX_PIPELINED } from '../../src/api/pipelines.ts';
import { TenantLimitsSection } from '../../src/config/tenant-limits.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
const page = read('docs/security.md');

const { overrides: _overrides, ...limits } = TenantLimitsSection.properties;

test.each(Object.keys(limits))('the limit %s has a row that says what it protects', (name) => {
  expect(page).toMatch(new RegExp(`^\\|[^|]*\`${name}\`[^|]*\\|[^|]{8,}\\|[^|]{3,}\\|$`, 'm'));
});

test.each([
  `${MAX_PIPELINED} requests of a connection that wait for their answers`,
  `${maxHeaderSize / 1024} KiB for the headers`,
  '`api.body_limit`',
])('the limit of %s has a row', (limit) => {
  expect(page).toContain(`\n| ${limit} |`);
});

test('the page says what was measured about the effect of one tenant on another', () => {
  const results = read('bench/RESULTS-TENANTS.md');
  const ratioOf = (row: RegExp) => row.exec(results)?.[1];
  const pipelined = ratioOf(/pipelines 10,000 requests \|.*? ms \|.*? ms \| ([\d.]+) × \|/);
  const crowded = ratioOf(/5,000 open jobs \|.*? ms \|.*? ms \| ([\d.]+) × \|/);
  const said = page.replaceAll('\n', ' ');
  expect(said).toContain(`the 99th percentile of a tenant's answers was ${pipelined} times`);
  expect(said).toContain(`had 5,000 open jobs, it was ${crowded} times`);
});
