/** Tests that the dashboard and the alerts query only metrics that a real run has. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { freePort } from '../support/free-port.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';
import { ask, valueIn } from './ask.ts';
import { type Prometheus, startPrometheus } from './prometheus.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const SLOW_READS = join(import.meta.dirname, '../support/slow-reads.ts');
const JOB = 'image-replicator';

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const dashboard = JSON.parse(await readFile(join(DEPLOY, 'grafana/image-replicator.json'), 'utf8'));
const panels = (dashboard.panels as readonly Panel[]).flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({ title, expr })),
);
const [{ rules }] = parse(await readFile(join(DEPLOY, 'prometheus/alerts.yml'), 'utf8')).groups;
const alerts = (rules as readonly { alert: string; expr: string }[]).map(({ alert, expr }) => ({
  title: alert,
  expr,
}));

let deployment: Deployment;
let prometheus: Prometheus;
const ports: number[] = [];
let killed: number;
beforeAll(async () => {
  deployment = await deploy({ config: { spool: { path: 'spool', size: '1GiB' } } });
  const start = async (command: 'serve' | 'worker', env: NodeJS.ProcessEnv = {}) => {
    const port = await freePort();
    ports.push(port);
    return {
      port,
      process: await deployment.startWith(command, { args: ['--metrics-port', String(port)], env }),
    };
  };
  await start('serve');
  const env = { NODE_OPTIONS: `--import=${SLOW_READS}`, SLOW_READS: '400', SLOW_WRITES: '200' };
  const workers = [await start('worker', env), await start('worker', env)];
  prometheus = await startPrometheus({ [JOB]: ports.map((port) => `127.0.0.1:${port}`) });
  const { id } = await deployment.addImage('ot1', 64 * MIB);
  const copy = deployment.command('copy', id, '--from', 'ot1', '--to', 'ot2');
  const busy = await until(() => whoCopies(workers));
  killed = busy.port;
  await busy.process.stop('SIGKILL');
  await copy;
});
afterAll(async () => {
  await prometheus?.stop();
  await deployment?.stop();
});

interface Running {
  readonly port: number;
  readonly process: TestProcess;
}

/** Returns the worker that has begun to write the copy, or `undefined` until Prometheus knows that. */
async function whoCopies(workers: readonly Running[]): Promise<Running | undefined> {
  const [series] = await prometheus.query('image_replicator_written_bytes_total > 0');
  return workers.find(({ port }) => series?.metric.instance === `127.0.0.1:${port}`);
}

/** Fills in the variables of an expression, as Grafana would. */
const asQuery = (expr: string) =>
  expr.replaceAll('$__rate_interval', '1m').replaceAll('$__range', '5m').replaceAll('$region', '.*');

test.each([...panels, ...alerts])('a real Prometheus accepts "$title": $expr', async ({ expr }) => {
  await prometheus.query(asQuery(expr));
});

test('every metric in a query is one that a facade or a worker has', async () => {
  const texts = await Promise.all(
    ports.filter((port) => port !== killed).map((port) => ask(port, '/metrics')),
  );
  const told = new Set(
    texts
      .flatMap(({ body }) => [...body.matchAll(/^# TYPE (\S+) (\S+)/gm)])
      .flatMap(([, name = '', type]) =>
        type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
      ),
  );
  const asked = [...panels, ...alerts].flatMap(
    ({ expr }) => expr.match(/\b(?:image_replicator|temporal|process|nodejs)_\w+/g) ?? [],
  );
  expect(asked.length).toBeGreaterThan(50);
  expect([...new Set(asked)].filter((name) => !told.has(name))).toEqual([]);
});

test('the dashboard shows which worker was killed, and that the other one has finished its copy', async () => {
  const up = panels.find(({ title }) => title === 'Processes that answer')?.expr ?? '';
  const down = await until(async () => {
    const found = (await prometheus.query(up)).filter(({ value }) => value === 0);
    return found.length > 0 && found;
  });
  expect(down.map(({ metric }) => metric.instance)).toEqual([`127.0.0.1:${killed}`]);
  const other = ports.slice(1).find((port) => port !== killed) ?? 0;
  const { body } = await ask(other, '/metrics');
  expect(body).toMatch(/^image_replicator_jobs_ended_total\{[^}]*status="replicated"[^}]*\} 1$/m);
  expect(valueIn(body, 'image_replicator_written_bytes_total{region="ot2"}')).toBeLessThan(64 * MIB);
});
