/**
 * Tests that each dialect shows and allows what `docs/dialects.json` says for each status. If you have
 * changed that file on purpose, run `UPDATE_TABLE=1 npx vitest run test/api/dialect-table.test.ts`. It writes
 * the table of `docs/dialects.md` anew.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import rows from '../../docs/dialects.json' with { type: 'json' };
import { JOB_STATUSES, type JobStatus } from '../../src/copy-job/index.ts';
import { StoreError } from '../../src/stores/index.ts';
import { type EclClient, eclClient } from '../support/http.ts';
import { type Gate, gate, holding, holdingTransfer } from '../support/workflow-hooks.ts';
import {
  endOf,
  type Job,
  type JobOptions,
  type Rig,
  startRig,
  untilDetails,
} from '../support/workflow-rig.ts';
import { type BccClient, bccClient } from './bcc-rig.ts';
import { type DrsClient, drsClient } from './drs-rig.ts';

let rig: Rig;
let ecl: EclClient;
let bcc: BccClient;
let drs: DrsClient;
beforeAll(async () => {
  rig = await startRig();
  await rig.deployment.startApi();
  ecl = eclClient(rig.deployment);
  bcc = bccClient(rig.deployment);
  drs = drsClient(rig.deployment);
});
afterAll(() => rig?.stop());

const start = async (at: Gate, hooks: JobOptions = {}): Promise<Job> => {
  const job = await rig.startJob({ ...hooks, tenant: 'tenant-a' });
  if (hooks.source ?? hooks.destination) await at.reached;
  return job;
};
const cancelled = async (job: Job, status: JobStatus) => {
  await job.handle.signal('cancel');
  await untilDetails(job, (details) => details.status === status);
  return job;
};
const ended = async (job: Job) => {
  await endOf(job);
  return job;
};

/** For each status, a function that makes a job which stays in that status. */
const MAKERS: Record<JobStatus, (at: Gate) => Promise<Job>> = {
  replicate_requested: (at) => start(at, { source: holding('inspect', at) }),
  replicating: (at) => start(at, { source: holdingTransfer(at, 1) }),
  cancel_requested: async (at) =>
    cancelled(await start(at, { destination: holding('prepare', at) }), 'cancel_requested'),
  canceling: async (at) => {
    const hooks = { source: holdingTransfer(at, 1), destination: holding('discard', gate()) };
    return cancelled(await start(at, hooks), 'canceling');
  },
  canceled: async (at) =>
    ended(await cancelled(await start(at, { source: holdingTransfer(at, 1) }), 'canceled')),
  replicated: async (at) => ended(await start(at)),
  error: async (at) => {
    const commit = async () => {
      void at.pass();
      throw new StoreError('quota_exceeded', 'no room');
    };
    return ended(await start(at, { destination: { commit } }));
  },
};

const answer = ({ status }: { readonly status: number }, code?: string) =>
  code === undefined ? String(status) : `${status} ${code}`;

describe.each(rows)('a job that is $status', ({ status, ...dialects }) => {
  const make = () => MAKERS[status as JobStatus](gate());

  test('is shown by each dialect as the table says', async () => {
    const { handle, copyId } = await make();
    expect((await ecl.job(handle.workflowId)).status).toBe(dialects.ecl.shows);
    expect((await drs.call('GET', `/${handle.workflowId}`)).body.job.status).toBe(dialects.drs.shows);
    await expect
      .poll(async () => {
        const shown = await bcc.show(copyId);
        return shown.status === 200 ? shown.body.image.status : answer(shown, shown.body.code);
      })
      .toBe(dialects.bcc.shows);
  });

  test('answers a DELETE of ECL as the table says', async () => {
    const { handle } = await make();
    expect(answer(await ecl.cancel(handle.workflowId))).toBe(dialects.ecl.cancel);
  });

  test('answers a cancelRemoteCopy of BCC as the table says', async () => {
    const { copyId } = await make();
    if (!dialects.bcc.shows.startsWith('404')) {
      await expect.poll(async () => (await bcc.show(copyId)).status).toBe(200);
    }
    const cancel = await bcc.cancel(copyId);
    expect(answer(cancel, cancel.body?.code)).toBe(dialects.bcc.cancel);
  });

  test.each([
    ['stop', {}],
    ['force', { is_force_stop: true }],
  ] as const)('answers a %s of DRS as the table says', async (call, body) => {
    const { handle } = await make();
    const stopped = await drs.stop(handle.workflowId, body);
    expect(answer(stopped, stopped.body.error_code)).toBe(dialects.drs[call]);
  });
});

test('the table has every status, and docs/dialects.md has the table', async () => {
  expect(rows.map(({ status }) => status).sort()).toEqual([...JOB_STATUSES].sort());
  const file = join(import.meta.dirname, '../../docs/dialects.md');
  const text = await readFile(file, 'utf8');
  const written = text.replace(/(<!-- table -->\n)[\s\S]*?(\n<!-- \/table -->)/, `$1${markdown()}$2`);
  if (process.env.UPDATE_TABLE) await writeFile(file, written);
  else expect(text).toBe(written);
});

function markdown(): string {
  const head = ['status', 'ECL', '`DELETE`', 'BCC', '`cancelRemoteCopy`', 'DRS', '`stop`', '`is_force_stop`'];
  const cells = rows.map(({ status, ecl, bcc, drs }) =>
    [status, ecl.shows, ecl.cancel, bcc.shows, bcc.cancel, drs.shows, drs.stop, drs.force].map(
      (text) => `\`${text}\``,
    ),
  );
  const line = (texts: readonly string[]) => `| ${texts.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...cells.map(line)].join('\n');
}
