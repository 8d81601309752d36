/** Tests a production of real processes. They die one after the other while an image is copied. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, setGlobalDispatcher } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MIB } from '../support/deployment.ts';
import { eclClient } from '../support/http.ts';
import { untilWritten } from '../support/jobs.ts';
import { until } from '../support/until.ts';
import { failedOutside, type Order, startLoad } from './support/load.ts';
import { PROCESSES, type ProcessName, type Production, startProduction } from './support/production.ts';

const SIZE = 64 * MIB;
/** The time that a worker takes to read a chunk, which makes a copy take some seconds; milliseconds. */
const READ_DELAY = 150;
/** The time for which Temporal's server is away; milliseconds. */
const OUTAGE = 2000;
/** The time that Temporal's server needs to find its database again; milliseconds. */
const RECOVERY = 3000;
/** The most memory that a process of the product may use; bytes. */
const MAX_MEMORY = 400 * MIB;

let production: Production;
beforeAll(async () => {
  production = await startProduction(READ_DELAY);
  setGlobalDispatcher(new Agent({ connect: { ca: production.authority } }));
});
afterAll(() => production?.stop());

interface Trouble {
  readonly what: string;
  /** The time after the trouble in which a request may still be refused; milliseconds. */
  readonly recovery: number;
  /** Makes the trouble in the middle of the copy of a job. Returns the processes that stay dead. */
  make(jobId: string): Promise<readonly ProcessName[]>;
}

async function killed(...names: ProcessName[]): Promise<readonly ProcessName[]> {
  await Promise.all(names.map((name) => production.process(name).stop('SIGKILL')));
  return names;
}

/** Returns the worker that was the last to run the job. */
async function runnerOf(jobId: string): Promise<ProcessName> {
  const { events } = await production.deployment.client.workflow.getHandle(jobId).fetchHistory();
  const started = events?.findLast((event) => event.workflowTaskStartedEventAttributes);
  return production.processOf(started?.workflowTaskStartedEventAttributes?.identity);
}

/** Returns the worker that makes the copy of the job. */
async function copierOf(jobId: string): Promise<ProcessName> {
  const { raw } = await production.deployment.client.workflow.getHandle(jobId).describe();
  return production.processOf(raw.pendingActivities?.[0]?.lastWorkerIdentity);
}

const TROUBLES: readonly Trouble[] = [
  { what: 'a facade is killed', recovery: 0, make: () => killed('facade-1') },
  {
    what: 'the worker that runs the job is killed',
    recovery: 0,
    make: async (job) => killed(await runnerOf(job)),
  },
  {
    what: 'the worker that makes the copy is killed',
    recovery: 0,
    make: async (job) => killed(await copierOf(job)),
  },
  {
    what: "Temporal's server is killed, and comes back",
    recovery: RECOVERY,
    make: () => production.temporal.restart(() => sleep(OUTAGE)).then(() => []),
  },
  {
    what: 'PostgreSQL crashes, and comes back',
    recovery: RECOVERY,
    make: () => production.postgresql.crash().then(() => []),
  },
  {
    what: 'all of this happens at once',
    recovery: RECOVERY,
    async make(job) {
      const names = [await runnerOf(job), await copierOf(job)];
      const restarted = production.temporal.restart(() => production.postgresql.crash());
      const [dead] = await Promise.all([killed('facade-2', ...names), restarted]);
      return dead;
    },
  },
];

test.each(TROUBLES)('nothing is lost when $what in the middle of a copy', async ({ make, recovery }) => {
  const { deployment } = production;
  const tenant = eclClient(deployment);
  const image = await deployment.addImage('ot1', SIZE, { owner: 'tenant-a' });
  const key = crypto.randomUUID();
  const order: Order = { key, body: { image_id: image.id, tenant_id_dst: 'tenant-a' } };
  const job = await tenant.start(order.body, { 'idempotency-key': key });
  await untilWritten(deployment, job, SIZE / 8);
  const load = startLoad(deployment, job, order);

  const begun = Date.now();
  const dead = await make(job);
  const over = Date.now();

  await deployment.client.workflow.getHandle(job).result();
  const settled = over + recovery;
  await until(() => load.asked.filter(({ begun }) => begun > settled).length > 10);
  const seen = await tenant.job(job);
  const requests = await load.end();
  expect(seen).toMatchObject({ status: 'replicated', sha512: image.os_hash_value, verified_by: 'sha512' });
  expect(Date.parse(seen.updated_at ?? '')).toBeGreaterThan(over);
  // Requests may fail only while a server is away.
  expect(failedOutside(requests, begun, settled)).toEqual([]);
  // The copy was ordered again and again, but made only once.
  expect((await tenant.jobs()).filter(({ source_image_id }) => source_image_id === image.id)).toHaveLength(1);
  expect((await deployment.files('ot2')).filter((name) => name.includes(job))).toEqual([job]);
  await Promise.all(dead.map(production.start));
});

test('no process has ever used more than 400 MiB of memory', async () => {
  for (const name of PROCESSES) {
    const status = await readFile(`/proc/${production.process(name).pid}/status`, 'utf8');
    const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
    expect([name, peak < MAX_MEMORY]).toEqual([name, true]);
  }
});
