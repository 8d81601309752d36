/** Tests that the output of the Helm chart is valid for Kubernetes and for this program. */
import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };
import { type Config, loadConfig } from '../../src/config/index.ts';
import { run } from './support/run.ts';
import { installTools, type Tools } from './support/tools.ts';

const CHART = join(import.meta.dirname, '../../deploy/helm/image-replicator');
/** The version of Kubernetes whose schemas are installed. */
const KUBERNETES = '1.34.0';
const examples = readdirSync(join(CHART, 'ci'));

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a shape of its own, which kubeconform checks
  readonly spec?: any;
}

let tools: Tools;
let folder: string;
beforeAll(async () => {
  tools = await installTools();
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-helm-'));
});
afterAll(() => rm(folder, { recursive: true }));

const valuesOf = (example: string) => ['--values', join(CHART, 'ci', example)];

function template(args: readonly string[]): Promise<string> {
  return run(tools.helm, ['template', 'copies', CHART, '--kube-version', KUBERNETES, ...args]);
}

async function resources(example: string, ...args: readonly string[]): Promise<readonly Resource[]> {
  // Kubernetes reads YAML 1.1, in which 0440 is an octal number.
  return parseAllDocuments(await template([...valuesOf(example), ...args]), { version: '1.1' })
    .map((document) => document.toJS() as Resource | null)
    .filter((resource) => resource !== null);
}

test('the chart has the version of package.json', async () => {
  const chart = parse(await readFile(join(CHART, 'Chart.yaml'), 'utf8'));
  expect([chart.version, chart.appVersion]).toEqual([packageJson.version, packageJson.version]);
});

test.each(examples)('helm finds nothing wrong with the chart and %s', async (example) => {
  await run(tools.helm, ['lint', '--strict', '--kube-version', KUBERNETES, CHART, ...valuesOf(example)]);
});

test.each(examples)('every resource that the chart makes of %s is valid for Kubernetes', async (example) => {
  const file = join(folder, example);
  await writeFile(file, await template(valuesOf(example)));
  const schemas = `${tools.schemas}/{{ .ResourceKind }}{{ .KindSuffix }}.json`;
  // The schemas of these two kinds belong to an operator of Kubernetes, and no package contains them.
  const args = [
    '-strict',
    '-skip',
    'ServiceMonitor,PrometheusRule',
    '-schema-location',
    schemas,
    '-output',
    'json',
    '-summary',
  ];
  const { summary } = JSON.parse(await run(tools.kubeconform, [...args, file]));
  expect(summary).toMatchObject({ invalid: 0, errors: 0 });
  expect(summary.valid).toBeGreaterThan(8);
});

/** Returns the configuration that the chart makes of an example and of further values. */
async function configOf(example: string, ...values: readonly string[]): Promise<Config> {
  const args = values.flatMap((value) => ['--set', value]);
  const config = (await resources(example, ...args)).find(({ kind }) => kind === 'ConfigMap');
  const file = join(folder, 'image-replicator.yaml');
  await writeFile(file, config?.data?.['image-replicator.yaml'] ?? '');
  return loadConfig(file);
}

test.each(examples)('the configuration that the chart makes of %s can be loaded', async (example) => {
  const { api, regions } = await configOf(example);
  expect(api.host).toBe('0.0.0.0');
  expect(regions.size).toBe(2);
});

test.each(examples)(
  'whatever the configuration of %s says, the facade listens at the port of its container',
  async (example) => {
    const { api } = await configOf(example, 'config.api.port=8080');
    const pods = (await resources(example)).filter(({ kind }) => kind === 'Deployment');
    const ports = pods.flatMap(({ spec }) => spec.template.spec.containers[0].ports ?? []);
    expect(ports).toContainEqual({ name: 'api', containerPort: api.port });
  },
);

test.each([
  ['5Gi', [], 0.95 * 5 * 2 ** 30],
  ['500M', [], 476 * 0.95 * 2 ** 20],
  ['1.5Ti', [], 0.95 * 1.5 * 2 ** 40],
  ['5Gi', ['config.spool.size=4GiB'], 4 * 2 ** 30],
  ['20G', ['config.spool.size=10 GB'], 10e9],
])('a spool stays within its disk of %s, with %j', async (disk, more, bytes) => {
  const { spool } = await configOf('buckets-values.yaml', `workers.spoolSize=${disk}`, ...more);
  expect(spool?.path).toBe('/var/spool/image-replicator');
  expect(spool?.bytes).toBeGreaterThan(bytes - 2 ** 20);
  expect(spool?.bytes).toBeLessThanOrEqual(bytes);
});

test.each([
  ['larger than its disk', ['workers.spoolSize=5Gi', 'config.spool.size=10GiB'], 'config.spool.size: 10GiB'],
  ['as large as its disk', ['workers.spoolSize=5Gi', 'config.spool.size=5GiB'], 'config.spool.size: 5GiB'],
  ['on a disk of unknown size', ['workers.spoolSize=large'], 'workers.spoolSize: has to be a size'],
])('a spool %s is refused, and the value is named', async (_what, values, message) => {
  await expect(configOf('buckets-values.yaml', ...values)).rejects.toThrow(message);
});

test('every region has workers of its own, which do not run workflows', async () => {
  const deployments = (await resources('everything-values.yaml')).filter(({ kind }) => kind === 'Deployment');
  const argsOf = ({ spec }: Resource) => spec.template.spec.containers[0].args.join(' ');
  expect(deployments.map(argsOf).sort()).toEqual([
    'serve',
    'worker --no-copies --deployment image-replicator',
    'worker --no-workflows --region Region_One --deployment image-replicator',
    'worker --no-workflows --region ot1 --deployment image-replicator',
  ]);
  for (const { metadata } of deployments) expect(metadata.name).toMatch(/^[a-z0-9-]{1,63}$/);
});

test.each(examples)(
  'no pod of %s has privileges, can write to its root, or has a secret in clear text',
  async (example) => {
    const deployments = (await resources(example)).filter(({ kind }) => kind === 'Deployment');
    for (const { spec } of deployments) {
      const pod = spec.template.spec;
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 65532 },
      });
      expect(pod.containers[0].securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
    expect((await resources(example)).some(({ kind }) => kind === 'Secret')).toBe(false);
    const { api } = await configOf(example);
    expect(api.secret).toSatisfy((secret) => typeof secret === 'object' && secret !== null);
  },
);

test('the chart contains the tested alerts, with the address of the runbook', async () => {
  const file = join(CHART, '../../prometheus/alerts.yml');
  const alerts = await readFile(file, 'utf8');
  expect(await readFile(join(CHART, 'files/alerts.yml'), 'utf8')).toBe(alerts);
  const rule = (await resources('everything-values.yaml')).find(({ kind }) => kind === 'PrometheusRule');
  const url = 'https://wiki.example.com/image-replicator/runbook';
  expect(rule?.spec).toEqual(parse(alerts.replaceAll('docs/runbook.md#', `${url}#`)));
});

test('with metrics, every pod serves them where the chart says', async () => {
  const made = await resources('everything-values.yaml');
  const config = made.find(({ kind }) => kind === 'ConfigMap')?.data?.['image-replicator.yaml'] ?? '';
  const { metrics } = parse(config);
  expect(metrics).toEqual({ host: '0.0.0.0', port: 9464 });
  const pods = made.filter(({ kind }) => kind === 'Deployment').map(({ spec }) => spec.template.spec);
  for (const { containers } of pods)
    expect(containers[0].ports).toContainEqual({ name: 'metrics', containerPort: 9464 });
});

test('every pod has probes for being alive and for being ready', async () => {
  const made = await resources('everything-values.yaml');
  const pods = made.filter(({ kind }) => kind === 'Deployment').map(({ spec }) => spec.template.spec);
  const asked = (probe: string) =>
    pods.map(({ containers: [container] }) => {
      const { path, port } = container[probe].httpGet;
      return `${container.args[0]} ${port} ${path}`;
    });
  const workers = (path: string) => Array(3).fill(`worker metrics ${path}`);
  expect(asked('livenessProbe').sort()).toEqual(['serve api /healthz', ...workers('/healthz')]);
  expect(asked('readinessProbe').sort()).toEqual(['serve api /readyz', ...workers('/readyz')]);
});

test.each(examples)('secrets of %s are mounted so that only their group can read them', async (example) => {
  const pods = (await resources(example)).filter(({ kind }) => kind === 'Deployment');
  for (const { spec } of pods) {
    expect(spec.template.spec.securityContext.fsGroup).toBe(65532);
  }
  const mounted = pods.flatMap(({ spec }) => spec.template.spec.volumes).filter(({ secret }) => secret);
  for (const { secret } of mounted) expect(secret.defaultMode).toBe(0o440);
});

test('a chart without regions is refused with a message', async () => {
  await expect(template([])).rejects.toThrow(/regions/);
});
