import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GIB } from '../src/memory/index.ts';
import { MIB } from '../test/support/deployment.ts';
import { bareWorkflow, cancelRunning, engineAlone, historyEvents, shell, wholeJob } from './measurements.ts';
import { machine, ratio, table } from './report.ts';
import { addSparseImage, NOOP_ACTIVITY_QUEUE, type Stack, startStack } from './stack.ts';
import { alternating, median, quantile } from './statistics.ts';
import { countingCpu, peakMemory } from './worker-usage.ts';

const ROUNDS = 5;

async function largeImage(stack: Stack): Promise<string[]> {
  const { id } = await stack.deployment.addImage('ot1', 2 * GIB);
  const pid = stack.worker.pid;
  const cpu: number[] = [];
  const times = await alternating(ROUNDS, {
    plain: () => shell(stack, id, 'cp "$1" "$2" && sync "$2"'),
    checked: () => shell(stack, id, 'cp "$1" "$2" && sync "$2" && sha512sum "$2" >/dev/null'),
    engine: () => engineAlone(stack, id),
    job: () => countingCpu(pid, cpu, () => wholeJob(stack, id)),
  });
  return [
    '## 2 GiB, directory to directory, on one disk',
    '',
    `Medians of ${ROUNDS} rounds, in which the programs take turns. The job is started and awaited by a Temporal client.`,
    '',
    ...table({
      '`cp` and `sync`': times.plain,
      '`cp`, `sync`, and `sha512sum` of the copy': times.checked,
      'the engine alone: copy, sha512, fsync': times.engine,
      'a whole job': times.job,
    }),
    '',
    `The worker used ${median(cpu).toFixed(1)} CPU seconds a job; its memory peaked at ${Math.round(await peakMemory(pid))} MiB.`,
    '',
  ];
}

async function smallImage(stack: Stack): Promise<string[]> {
  const { id } = await stack.deployment.addImage('ot1', MIB);
  const times = await alternating(4 * ROUNDS, {
    bare: () => bareWorkflow(stack),
    handed: () => bareWorkflow(stack, NOOP_ACTIVITY_QUEUE),
    job: () => wholeJob(stack, id),
  });
  const base = median(times.bare);
  return [
    '## 1 MiB',
    '',
    `Medians of ${4 * ROUNDS} rounds, in which the programs take turns, on one Temporal dev server with its database on disk.`,
    '',
    '| | time | ratio |',
    '|---|---|---|',
    `| a workflow with one activity that does nothing | ${base.toFixed(0)} ms | 1.00 × |`,
    `| the same, its activity on another Task Queue, as a job's are | ${median(times.handed).toFixed(0)} ms | ${ratio(median(times.handed), base)} |`,
    `| a whole job | ${median(times.job).toFixed(0)} ms | ${ratio(median(times.job), base)} |`,
    '',
    'The time of a small job is the time of its tasks in Temporal. A job takes nine tasks. A bare workflow takes',
    'two, because its activity starts eagerly; if its activity is on another Task Queue, it takes three.',
    '',
  ];
}

async function cancels(stack: Stack): Promise<string[]> {
  const id = await addSparseImage(stack.deployment, 64 * GIB);
  const times: number[] = [];
  for (let round = 0; round < 10 * ROUNDS; round++) times.push(await cancelRunning(stack, id));
  return [
    '## Cancel of a running copy',
    '',
    `From the call until the job is closed as canceled and nothing is left, ${times.length} times:`,
    `p50 ${quantile(times, 0.5).toFixed(0)} ms, p99 ${quantile(times, 0.99, Math.ceil).toFixed(0)} ms.`,
    '',
  ];
}

async function histories(stack: Stack): Promise<string[]> {
  const rows: string[] = [];
  for (const [name, size] of [
    ['1 MiB', MIB],
    ['2 GiB', 2 * GIB],
    ['64 GiB', 64 * GIB],
  ] as const) {
    const events = await historyEvents(stack, await addSparseImage(stack.deployment, size));
    rows.push(`| ${name} | ${events} | ${Math.round(await peakMemory(stack.worker.pid))} MiB |`);
  }
  return [
    '## History and memory (sparse images)',
    '',
    "| image | events | worker's peak memory so far |",
    '|---|---|---|',
    ...rows,
    '',
  ];
}

const stack = await startStack();
try {
  const lines = ['# Results', '', ...(await machine('npm run bench')), ''];
  for (const section of [largeImage, smallImage, cancels, histories]) {
    const written = await section(stack);
    process.stdout.write(`${written.join('\n')}\n`);
    lines.push(...written);
  }
  await writeFile(join(import.meta.dirname, 'RESULTS.md'), lines.join('\n'));
} finally {
  await stack.stop();
}
