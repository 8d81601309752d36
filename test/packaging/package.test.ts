/**
 * Tests the package that `npm pack` makes. It is installed in an empty folder, and run from a disk that
 * cannot be written to.
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { eclClient } from '../support/http.ts';
import { receiveSpans, tracedTo } from '../support/otlp-receiver.ts';
import { until } from '../support/until.ts';
import { installFrom, packInto } from './support/package.ts';
import { run } from './support/run.ts';

let folder: string;
let tarball: string;
let program: string;
let deployment: Deployment;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-package-'));
  tarball = await packInto(folder);
  program = await installFrom(tarball, join(folder, 'installed'));
  // The package has a workflow bundle of its own, and must not use that of the test run.
  deployment = await deploy({ program, env: { IMAGE_REPLICATOR_WORKFLOW_BUNDLE: undefined } });
});
afterAll(async () => {
  await deployment?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('the package has the compiled program, and neither its sources nor its tests', async () => {
  const files = (await run('tar', ['-tzf', tarball])).split('\n');
  for (const file of ['bin/image-replicator', 'dist/src/cli/main.js', 'dist/workflow-bundle.js', 'LICENSE']) {
    expect(files).toContain(`package/${file}`);
  }
  expect(
    files.filter((file) => file.endsWith('.ts') || /^package\/(src|test|node_modules)\//.test(file)),
  ).toEqual([]);
});

test('the installed command prints the version of the package', async () => {
  expect((await run(program, ['--version'])).trim()).toBe(packageJson.version);
});

test('`check` of the installed command passes', async () => {
  const { code, stdout } = await deployment.command('check');
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^ok +region ot2$/m)]);
});

/** Lists every file of the installation, with its size and its time of change. */
async function inventory(): Promise<readonly string[]> {
  const entries = await readdir(join(folder, 'installed'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const told = files.map(async ({ parentPath, name }) => {
    const { size, mtimeMs } = await stat(join(parentPath, name));
    return `${join(parentPath, name)} ${size} ${mtimeMs}`;
  });
  return (await Promise.all(told)).sort();
}

test('a facade and a worker run from a read-only installation, copy an image, and leave no file', async () => {
  const before = await inventory();
  const installed = join(folder, 'installed');
  const mount = `mount --bind ${installed} ${installed} && mount -o remount,ro,bind ${installed}`;
  const readOnly = [
    'unshare',
    '-Urm',
    'bash',
    '-c',
    `${mount} && ! touch ${installed}/x && exec "$@"`,
    'bash',
  ];
  await deployment.startWith('serve', { wrap: readOnly });
  await deployment.startWith('worker', { wrap: readOnly });
  const image = await deployment.addImage('ot1', 3 * MIB);
  const copied = await deployment.command('copy', image.id, '--from', 'ot1', '--to', 'ot2');
  expect(copied).toMatchObject({ code: 0 });
  const health = await fetch(`${deployment.apiUrl}/readyz`);
  expect(health.status).toBe(200);
  expect(await inventory()).toEqual(before);
});

test('the installed facade and worker send the whole trace of a job to a collector', async () => {
  const collector = await receiveSpans();
  const env = { IMAGE_REPLICATOR_WORKFLOW_BUNDLE: undefined, ...tracedTo(collector) };
  const traced = await deploy({ program, env });
  try {
    await Promise.all([traced.startApi(), traced.startWorker()]);
    const { id } = await traced.addImage('ot1', MIB, { owner: 'tenant-a' });
    await eclClient(traced).start({ image_id: id, tenant_id_dst: 'tenant-a', region_id_dst: 'ot2' });
    const named = (wanted: string) =>
      until(() => collector.spans.find(({ name }) => name.startsWith(wanted)));
    const [request, last] = await Promise.all([named('POST '), named('RunActivity:commitImage')]);
    expect(last.traceId).toBe(request.traceId);
  } finally {
    await Promise.all([traced.stop(), collector.stop()]);
  }
});
