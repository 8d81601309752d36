import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GIB } from '../src/memory/index.ts';
import { median } from './statistics.ts';

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

export function ratio(value: number, base: number): string {
  return `${(value / base).toFixed(2)} ×`;
}

/** Returns the lines that say what was measured, where and when. */
export async function machine(command: string): Promise<string[]> {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8'));
  return [
    `image-replicator ${version}, Node ${process.version}, ${availableParallelism()} cores (${model}),`,
    `${Math.round(totalmem() / GIB)} GiB of memory, ${new Date().toISOString().slice(0, 10)}. Written by \`${command}\``,
    `at revision ${await revision()}.`,
  ];
}

async function revision(): Promise<string> {
  const args = ['rev-parse', '--short', 'HEAD'];
  const { stdout } = await promisify(execFile)('git', args, { cwd: import.meta.dirname });
  return stdout.trim();
}

/** Returns a table of the medians of times in milliseconds, and of their ratios to the first one. */
export function table(measured: Readonly<Record<string, readonly number[]>>): string[] {
  const base = median(Object.values(measured)[0] ?? []);
  return [
    '| | time | ratio | range |',
    '|---|---|---|---|',
    ...Object.entries(measured).map(
      ([name, times]) =>
        `| ${name} | ${seconds(median(times))} | ${ratio(median(times), base)} | ${seconds(Math.min(...times))} to ${seconds(Math.max(...times))} |`,
    ),
  ];
}
