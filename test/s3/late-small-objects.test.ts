import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { type HttpProxy, startHttpProxy } from '../chaos/proxy.ts';
import { until } from '../support/until.ts';
import { type TaskRig, taskRig } from '../tasks/support.ts';

const Bucket = `late-${randomUUID()}`;
const Key = 'x/a';
const EXPORT = { type: 'export', src_target: 'training', src_prefix: 'x/' };
const MATCH = { method: /^PUT$/, path: /\/x\/a(\?|$)/ };

let client: S3Client;
let proxy: HttpProxy;
let rig: TaskRig;
beforeEach(async () => {
  const endpoint = inject('s3Endpoint');
  client = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket })).catch(() => {});
  proxy = await startHttpProxy(endpoint);
  const bucket = { driver: 's3', bucket: Bucket, endpoint: proxy.url, path_style: true };
  const folder = (path: string) => ({ store: { driver: 'directory', path } });
  const regions = { other: folder('other'), nas: folder('nas'), bucket: { store: bucket } };
  rig = await taskRig({ regions: ['other', 'nas'], config: { regions } });
  await rig.deployment.startApi();
});
afterEach(async () => {
  await rig.deployment.stop();
  await proxy.close();
  client.destroy();
});

const put = (text: string) => client.send(new PutObjectCommand({ Bucket, Key, Body: text }));
const text = async () =>
  (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString() ?? '';

test.each([1, 2])(
  'a worker that is frozen while its request %d for an object is on the way replaces nothing of a later task',
  async (nth) => {
    // A first request finds out that something is there. The second one is about to replace that.
    await put('what was there before');
    await rig.put('nas', 'training/x/a', Buffer.from('of the ended task'));
    const worker = await rig.deployment.startWorker();
    let held = proxy.add(MATCH, { kind: 'hold' });
    await rig.start(EXPORT);
    await held.reached();
    if (nth === 2) {
      const first = held;
      held = proxy.add(MATCH, { kind: 'hold' });
      first.release();
      await held.reached();
    }
    process.kill(worker.pid, 'SIGSTOP');
    const [task = ''] = await rig.workflows();
    await rig.deployment.client.workflow.getHandle(task).terminate('ended from outside');
    await put('of a later task');
    const before = proxy.bytes.answer;
    held.remove();
    // The server tells the frozen worker that it has refused the request.
    await until(() => proxy.bytes.answer > before);
    process.kill(worker.pid, 'SIGCONT');
    await worker.stop('SIGTERM');
    expect(await text()).toBe('of a later task');
  },
);

test.each([
  ['nothing', 'if-none-match'],
  ['another object', 'if-match'],
])(
  'an object whose answer is lost is moved and counted once (at its key before: %s)',
  async (was, header) => {
    if (was !== 'nothing') await put('what was there before');
    await rig.put('nas', 'training/x/a', Buffer.from('of the task'));
    await rig.deployment.startWorker();
    // The request that has this condition is the first one that the server carries out.
    const lost = proxy.add({ ...MATCH, header }, { kind: 'swallow' }, 1);
    const taskId = await rig.start(EXPORT);
    await lost.reached();
    expect(await rig.ended(taskId, 'SUCCESS', 'FAIL')).toMatchObject({ status: 'SUCCESS', message: '' });
    const { stdout } = await rig.deployment.command('--json', 'tasks', 'show', taskId);
    expect(JSON.parse(stdout)).toMatchObject({ objects_moved: 1, objects_failed: 0 });
    expect(await text()).toBe('of the task');
  },
);

test('a request that is repeated after a lost answer replaces nothing of a person once its batch is cancelled', async () => {
  await rig.put('nas', 'training/x/a', Buffer.from('of the task'));
  await rig.deployment.startWorker('--no-copies');
  const frozen = await rig.deployment.startWorker('--no-workflows');
  const repeated = proxy.add(MATCH, { kind: 'hold' });
  const lost = proxy.add(MATCH, { kind: 'swallow' }, 1);
  const taskId = await rig.start(EXPORT);
  await lost.reached();
  await repeated.reached();
  process.kill(frozen.pid, 'SIGSTOP');
  const [task = ''] = await rig.workflows();
  await rig.deployment.temporal('workflow', 'cancel', '-w', task);
  expect(await rig.ended(taskId, 'SUCCESS', 'FAIL')).toMatchObject({ message: 'the task was cancelled' });
  await put('of a person');
  const before = proxy.bytes.answer;
  repeated.remove();
  await until(() => proxy.bytes.answer > before);
  process.kill(frozen.pid, 'SIGCONT');
  await frozen.stop('SIGTERM');
  expect(await text()).toBe('of a person');
});
