import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { addRange, type ByteRange } from '../../src/image/index.ts';
import { createJobService, OPERATOR } from '../../src/job-service/index.ts';
import { StoreError } from '../../src/stores/index.ts';
import { MIB } from '../support/deployment.ts';
import { type Gate, gate, type StoreHooks } from '../support/workflow-hooks.ts';
import { readLog, untilReported } from '../support/workflow-progress.ts';
import { endOf, type Job, type Rig, startRig } from '../support/workflow-rig.ts';

const SIZE = 40 * MIB;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ limits: { lanes: 2 } });
});
afterAll(() => rig?.stop());

/**
 * Returns hooks that let the first attempt fail with a fault that may pass. The attempt fails when the digest
 * reads back chunks for which there was no memory, but not before the gate was opened.
 */
function failingOnce(
  at: Gate,
  beforeAttempt: (attempt: number) => Promise<void> = async () => {},
): StoreHooks {
  let attempt = 0;
  return {
    openSink: async (call) => {
      attempt += 1;
      await beforeAttempt(attempt);
      const sink = await call();
      if (attempt > 1) return sink;
      return {
        ...sink,
        readBack: async () => {
          await at.pass();
          throw new StoreError('unavailable', 'for now');
        },
      };
    },
  };
}

async function show(job: Job) {
  const { limits } = await loadConfig(join(rig.deployment.folder, 'config.yaml'));
  const service = createJobService({ client: rig.client, regions: rig.deployment.regions, limits });
  return service.show(OPERATOR, job.handle.workflowId);
}

/**
 * Delays the first chunk until nine others have come, which are more than the digest can keep in memory. Then
 * holds all further chunks.
 */
function outOfMemory(held: Gate) {
  const first = gate();
  return async (chunks: number, signal: AbortSignal) => {
    if (chunks === 0) await first.pass(signal);
    if (chunks === 9) first.open();
    if (chunks >= 10) await held.pass(signal);
  };
}

test('an attempt after a failed one reads only what is missing', async () => {
  const held = gate();
  const failure = gate();
  const run = outOfMemory(held);
  const log = readLog(async (reader, chunks, signal) => {
    if (reader === 0) await run(chunks, signal);
  });
  const job = await rig.startJob({ size: SIZE, source: log.hooks, destination: failingOnce(failure) });
  await held.reached;
  await untilReported(job, 9 * MIB);
  failure.open();
  expect((await endOf(job)).details).toMatchObject({ status: 'replicated', sha512: job.image.os_hash_value });

  expect(log.readers.map((chunks) => chunks.length > 0)).toEqual([true, true]);
  expect(log.bytes()).toBe(SIZE);
  expect(log.readers.flat().reduce<readonly ByteRange[]>(addRange, [])).toEqual([[0, SIZE]]);
});

test('copy_progress never falls, even if a copy has to start over', async () => {
  const gates = [gate(), gate(), gate()] as const;
  const failure = gate();
  const run = outOfMemory(gates[0]);
  const log = readLog(async (reader, chunks, signal) => {
    if (reader === 0) await run(chunks, signal);
    if (reader === 1 && chunks >= 20) await gates[1].pass(signal);
    if (reader === 2 && chunks >= 1) await gates[2].pass(signal);
  });
  let damage = async () => {};
  const destination = failingOnce(failure, (attempt) => (attempt === 2 ? damage() : Promise.resolve()));
  const job = await rig.startJob({ size: SIZE, source: log.hooks, destination });
  damage = () => flipFirstByte(join(rig.deployment.folder, 'ot2', `.${job.copyId}.partial`, 'data'));
  await gates[0].reached;
  await untilReported(job, 9 * MIB);
  const first = (await show(job)).copy_progress;
  failure.open();

  await gates[1].reached;
  await untilReported(job, 30 * MIB);
  expect(await show(job)).toMatchObject({ attempt: 2, copy_progress: 75 });
  expect(first).toBeLessThan(75);
  gates[1].open();

  // The bytes that the first attempt has left differ from the source, so everything is read again.
  await gates[2].reached;
  await expect.poll(async () => (await show(job)).attempt).toBe(3);
  expect((await show(job)).copy_progress).toBeGreaterThanOrEqual(75);
  gates[2].open();

  const { details } = await endOf(job);
  expect(details).toMatchObject({
    status: 'replicated',
    copy_progress: 100,
    sha512: job.image.os_hash_value,
  });
});

test('a cancelled copy still shows how far it had come', async () => {
  const held = gate();
  const log = readLog((_reader, chunks, signal) => (chunks >= 10 ? held.pass(signal) : undefined));
  const job = await rig.startJob({ size: SIZE, source: log.hooks });
  await held.reached;
  await expect.poll(() => log.bytes()).toBe(10 * MIB);
  await untilReported(job, 10 * MIB);
  await job.handle.signal('cancel');
  const { details } = await endOf(job);
  expect(details).toMatchObject({ status: 'canceled', bytes_copied: 10 * MIB, copy_progress: 25 });
});

async function flipFirstByte(path: string): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, 0);
  byte[0] = (byte[0] ?? 0) ^ 0xff;
  await file.write(byte, 0, 1, 0);
  await file.close();
}
