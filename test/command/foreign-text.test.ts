import { randomUUID } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COPY_IMAGE, requestedDetails, TASK_QUEUE } from '../../src/copy-job/index.ts';
import { requestedTask } from '../../src/object-task/index.ts';
import { describeJob, describeTask } from '../../workflows/current-details.ts';
import { type Deployment, deploy } from '../support/deployment.ts';
import type { TestProcess } from '../support/process.ts';

const NAME = 'evil\x1b[2J\r\nrow\x9b\u202e';
const SHOWN = 'evil\\x1b[2J\\r\\nrow\\x9b\\u{202e}';

let deployment: Deployment;
let worker: TestProcess;
let image: string;
beforeAll(async () => {
  deployment = await deploy();
  worker = await deployment.startWorker();
  image = (await deployment.addImage('ot1', 10, { name: NAME })).id;
});
afterAll(() => deployment.stop());

/** Matches a text of lines without control characters. */
const PLAIN = /^(?:[^\p{Cc}\p{Bidi_Control}]|\n)*$/u;

test('a name with control characters is shown with escapes', async () => {
  const { stdout: images } = await deployment.command('images', 'list', '--region', 'ot1');
  const { stdout: copied } = await deployment.command('copy', image, '--from', 'ot1', '--to', 'ot2');
  const { job_id } = JSON.parse(copied);
  const { stdout: shown } = await deployment.command('show', job_id);
  const { stdout: listed } = await deployment.command('list');
  for (const output of [images, shown, listed]) expect(output).toContain(SHOWN);
  for (const output of [images, copied, shown, listed]) expect(output).toMatch(PLAIN);
  expect(JSON.parse(copied).source_image_name).toBe(NAME);
  const summary = await (await deployment.client.workflow.getHandle(job_id).describe()).staticSummary();
  expect(summary).toBe('evil\\\\x1b\\[2J\\\\r\\\\nrow\\\\x9b\\\\u{202e} · ot1 → ot2');
});

test('a name in an error is shown with escapes', async () => {
  const { stderr } = await deployment.command('show', NAME);
  expect(stderr).toMatch(PLAIN);
  expect(stderr).toContain('\\x1b[2J');
});

test('a damaged record is named with its fault, and the other images are listed', async () => {
  const { id } = await deployment.addImage('ot1', 10, { name: 'damaged' });
  const file = join(deployment.folder, 'ot1', id, 'image.json');
  const record = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...record, properties: { a: 1 } }));
  const { code, stdout, stderr } = await deployment.command('--json', 'images', 'list', '--region', 'ot1');
  expect(JSON.parse(stdout).map((listed: { id: string }) => listed.id)).toEqual([image]);
  expect(stderr).toContain(id);
  expect(stderr).toContain('properties.a');
  expect(code).toBe(1);
  expect(await readdir(join(deployment.folder, 'ot1'))).toContain(id);
});

test('an image with a very long name is copied', async () => {
  const { id } = await deployment.addImage('ot1', 10, { name: '_🚀'.repeat(1000) });
  const { code, stderr } = await deployment.command('copy', id, '--from', 'ot1', '--to', 'ot2');
  expect(code, stderr).toBe(0);
});

test('an id is logged with escapes', async () => {
  await deployment.client.workflow.execute(COPY_IMAGE, {
    workflowId: NAME,
    taskQueue: TASK_QUEUE,
    args: [
      { source: { region: 'ot1', image_id: image }, destination: { region: 'ot2', image_id: randomUUID() } },
    ],
  });
  await expect.poll(() => worker.logged('attempt ended').map(({ workflowId }) => workflowId)).toContain(NAME);
  expect(worker.output()).toMatch(PLAIN);
});

test("the Web UI's text about a job does not render Markdown from names", () => {
  const job = {
    ...requestedDetails('job', null, new Date()),
    source_image_name: '![x](http://tracker)\n# title',
    fault: { code: 'internal' as const, side: null, message: '[y](http://z)' },
  };
  const text = describeJob(job);
  expect(text).toContain('\\!\\[x\\](http\\://tracker)\\\\n\\# title');
  expect(text).toContain('\\[y\\](http\\://z)');
});

test("the Web UI's text about a task does not render Markdown from names", () => {
  const link = '[y](http://z)';
  const end = { region: 'nas', prefix: '' };
  const texts = { task_id: 'x', tenant_id: 'x', share_id: link, target: `# ${link}`, dest_prefix: '' };
  const request = { ...texts, type: 'import', src_prefix: `![x]\n${link}`, source: end, destination: end };
  const text = describeTask(
    {
      ...requestedTask(request as Parameters<typeof requestedTask>[0], new Date()),
      objects_failed: 1,
      failures: [{ path: `**${NAME}**`, code: 'changed', message: link }],
      fault: { code: 'internal', side: null, message: `<b> ${link}` },
    },
    { isUnderWay: false },
  );
  expect(text.replaceAll('\n', ' ')).toMatch(PLAIN);
  expect(text).not.toContain(link);
  expect(text).toContain('\\!\\[x\\]\\\\n\\[y\\](http\\://z)');
  expect(text).toContain('target \\# \\[y\\](http\\://z)');
  expect(text).toContain('\\*\\*evil\\\\x1b\\[2J\\\\r\\\\nrow');
  expect(text).toContain('\\<b\\> \\[y\\](http\\://z)');
});
