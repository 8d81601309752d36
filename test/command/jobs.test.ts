import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { JobView } from '../../src/job-service/index.ts';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { startJob, untilWritten } from '../support/jobs.ts';
import { until } from '../support/until.ts';

let deployment: Deployment;
let small: string;
let large: string;
let done: string;
beforeAll(async () => {
  deployment = await deploy();
  await deployment.startSlowWorker(500);
  small = (await deployment.addImage('ot1', 1000, { name: 'ubuntu' })).id;
  large = (await deployment.addImage('ot1', 128 * MIB)).id;
  const { stdout } = await deployment.command('copy', small, '--from', 'ot1', '--to', 'ot2');
  done = JSON.parse(stdout).job_id;
});
afterAll(() => deployment.stop());

/** Runs the command with `--json`, and returns what it prints. */
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await deployment.command('--json', ...args);
  expect(stderr).toBe('');
  return { code, answer: JSON.parse(stdout) };
};

test('`copy --detach` prints the job and its page, and does not wait', async () => {
  const detached = await json('copy', large, '--from', 'ot1', '--to', 'ot2', '--detach');
  expect(detached.code).toBe(0);
  const { job_id, web_ui } = detached.answer;
  expect(web_ui).toBe(`http://127.0.0.1:8233/namespaces/${deployment.namespace}/workflows/${job_id}`);
  const { answer } = await json('show', job_id);
  expect(answer).toMatchObject({ job_id, source_image_id: large });
  expect(['replicate_requested', 'replicating']).toContain(answer.status);
  expect((await json('cancel', job_id)).code).toBe(0);
});

test('`copy` prints where the copy is and who owns it', async () => {
  const args = ['copy', small, '--from', 'ot1', '--to', 'ot2', '--name', 'mine', '--tenant', 'tenant-b'];
  const { code, answer } = await json(...args);
  expect(code).toBe(0);
  expect(answer).toMatchObject({ status: 'replicated', destination_tenant_id: 'tenant-b' });
  expect(answer.location).toBe(join(deployment.folder, 'ot2', answer.job_id, 'data'));
  const images = await json('images', 'list', '--region', 'ot2', '--tenant', 'tenant-b');
  expect(images.answer).toContainEqual(expect.objectContaining({ id: answer.job_id, name: 'mine' }));
});

test('`copy` of a damaged source exits with 1 and prints the reason', async () => {
  const image = await deployment.addImage('ot1', 1000);
  await writeFile(join(deployment.folder, 'ot1', image.id, 'data'), Buffer.alloc(1000));
  const { code, answer } = await json('copy', image.id, '--from', 'ot1', '--to', 'ot2');
  expect(code).toBe(1);
  expect(answer).toMatchObject({ status: 'error', fault: { code: 'digest_mismatch' }, location: null });
});

test('`copy` exits with 3 if the job is cancelled in the meantime; a second cancel exits with 5', async () => {
  const copy = deployment.command('copy', large, '--from', 'ot1', '--to', 'ot2', '--name', 'watched');
  const jobId = await until(async () => {
    const { answer } = await json('list');
    return answer.jobs.find((job: JobView) => job.destination_image_name === 'watched')?.job_id;
  });
  await untilWritten(deployment, jobId, MIB);
  const cancelled = await json('cancel', jobId, '--reason', 'no longer needed');
  expect(cancelled.code).toBe(0);
  expect(['cancel_requested', 'canceling', 'canceled']).toContain(cancelled.answer.status);
  const { code, stdout } = await copy;
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'canceled', cancel: { reason: 'no longer needed' } });

  const again = await deployment.command('cancel', jobId);
  expect([again.code, again.stdout]).toEqual([5, '']);
  expect(again.stderr).toContain('canceled');
});

test('`show` prints text for people and JSON for programs', async () => {
  const { code, stdout } = await deployment.command('show', done);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^status +replicated$/m);
  expect(stdout).toMatch(/^image +ubuntu$/m);
  expect((await json('show', done)).answer).toMatchObject({ job_id: done, copy_progress: 100 });
});

test('`list` prints all jobs, in pages and by status', async () => {
  const listed = await until(async () => {
    const { answer } = await json('list', '--status', 'replicated');
    return answer.jobs.some(({ job_id }: JobView) => job_id === done) && answer;
  });
  expect(listed.jobs.every(({ status }: JobView) => status === 'replicated')).toBe(true);
  expect(listed.next_marker).toBeNull();
  const page = ['list', '--status', 'replicated', '--limit', '1'];
  const first = (await json(...page)).answer;
  const second = (await json(...page, '--marker', first.next_marker)).answer;
  expect(first.jobs).toHaveLength(1);
  expect(second.jobs).toHaveLength(1);
  expect(second.jobs[0].job_id).not.toBe(first.jobs[0].job_id);
});

test('`list` prints a table with a header, or what -o asks for', async () => {
  const list = async (...args: string[]) => (await deployment.command('list', ...args)).stdout;
  const [header = '', ...rows] = (await list('--status', 'replicated')).split('\n');
  expect(header.split(/ +/)).toEqual(
    'JOB STATUS DONE SIZE RATE AGE DURATION FROM TO TENANT IMAGE'.split(' '),
  );
  const row = rows.find((text) => text.startsWith(done)) ?? '';
  expect(row).toMatch(/ replicated +100% +1000.0 B +[\d.]+ \w*B\/s +\d+\w+ +\d+\w+ +ot1 +ot2 +- +ubuntu$/);
  expect(await list('-o', 'name')).toContain(`${done}\n`);
  const yaml = parse(await list('-o', 'yaml'));
  expect(yaml.jobs.find(({ job_id }: JobView) => job_id === done)).toMatchObject({ status: 'replicated' });
  expect(JSON.parse(await list('-o', 'json')).jobs.length).toBe(yaml.jobs.length);
  const [chosen] = (await list('--columns', 'image,fault,copy')).split('\n');
  expect(chosen?.split(/ +/)).toEqual(['IMAGE', 'FAULT', 'COPY']);
});

test('`list` prints the progress of a copy under way', async () => {
  const jobId = await startJob(deployment, large);
  await untilWritten(deployment, jobId, 4 * MIB);
  const listed = await until(async () => {
    const { answer } = await json('list', '--status', 'replicating');
    return answer.jobs.find((job: JobView) => job.job_id === jobId && job.bytes_copied > 0);
  });
  expect(listed.status).toBe('replicating');
  await json('cancel', jobId);
});

test('`watch` waits for the end of a job, and exits like `copy`', async () => {
  expect(await json('watch', done)).toMatchObject({
    code: 0,
    answer: { job_id: done, status: 'replicated' },
  });
  const jobId = await startJob(deployment, large);
  const watching = json('watch', jobId);
  await json('cancel', jobId);
  expect(await watching).toMatchObject({ code: 3, answer: { job_id: jobId, status: 'canceled' } });
});

test('`retry` starts a new job with the same request', async () => {
  const { code, answer } = await json('retry', done);
  expect(code).toBe(0);
  expect(answer.job_id).not.toBe(done);
  expect(answer).toMatchObject({
    status: 'replicated',
    source_image_id: small,
    destination_region_id: 'ot2',
  });
});

test('`retry` of a job under way exits with 5', async () => {
  const jobId = await startJob(deployment, large);
  const { code, stderr } = await deployment.command('retry', jobId, '--detach');
  expect(code).toBe(5);
  expect(stderr).toContain('can be repeated only when it has ended');
});

test.each(['show', 'watch', 'cancel', 'retry'])(
  '%s of an unknown job exits with 4 and names the job',
  async (command) => {
    const { code, stdout, stderr } = await deployment.command('--json', command, 'no-such-job');
    expect([code, stdout]).toEqual([4, '']);
    const error = { code: 'not_found', message: 'there is no job no-such-job' };
    expect(JSON.parse(stderr)).toEqual({ error });
    const inWords = await deployment.command(command, 'no-such-job');
    expect(inWords.stderr).toBe('image-replicator: there is no job no-such-job\n');
  },
);

test('`copy` of an unknown image exits with 4', async () => {
  const { code, stderr } = await deployment.command('copy', 'none', '--from', 'ot1', '--to', 'ot2');
  expect(code).toBe(4);
  expect(stderr).toContain('none');
});
