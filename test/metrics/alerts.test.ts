import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { promtool } from './prometheus.ts';

const ROOT = join(import.meta.dirname, '../..');
const ALERTS = join(ROOT, 'deploy/prometheus/alerts.yml');
const UNIT_TESTS = join(import.meta.dirname, 'alerts.promtool.yml');

interface Alert {
  readonly alert: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly runbook_url: string };
}

interface UnitTest {
  readonly alert_rule_test: readonly {
    readonly alertname: string;
    readonly exp_alerts?: readonly unknown[];
  }[];
}

const [group] = parse(await readFile(ALERTS, 'utf8')).groups as readonly { rules: readonly Alert[] }[];
const alerts = group?.rules ?? [];

test('the alerts are valid and pass their unit tests in promtool', async () => {
  await promtool(['check', 'rules', ALERTS]);
  expect(await promtool(['test', 'rules', UNIT_TESTS])).toContain('SUCCESS');
});

test('the unit tests of promtool see each alert quiet and firing', async () => {
  const { tests } = parse(await readFile(UNIT_TESTS, 'utf8')) as { readonly tests: readonly UnitTest[] };
  const seen = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
  const names = (fires: boolean) =>
    [
      ...new Set(seen.filter((one) => (one.exp_alerts !== undefined) === fires).map((one) => one.alertname)),
    ].sort();
  const all = alerts.map(({ alert }) => alert).sort();
  expect(names(true)).toEqual(all);
  expect(names(false)).toEqual(all);
});

test('each alert links to its section of the runbook, which says what to look at and what to do', async () => {
  const runbook = await readFile(join(ROOT, 'docs/runbook.md'), 'utf8');
  const sections = runbook.split(/^## /m).slice(1);
  expect(sections.map((section) => section.split('\n')[0])).toEqual(alerts.map(({ alert }) => alert));
  for (const { alert, annotations } of alerts)
    expect(annotations.runbook_url).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
  for (const section of sections) {
    expect(section).toContain('- **Look at**');
    expect(section).toContain('- **Do**');
  }
});
