import { spawnSync } from 'node:child_process';
import { appendFile, readFile } from 'node:fs/promises';
import type { Verdict } from './judge.ts';
import { nameOf, type Trial } from './trial.ts';

/** A trial that was run. */
export interface Result {
  readonly trial: Trial;
  readonly verdict: Verdict;
  /** The time that the trial took; milliseconds. */
  readonly took: number;
}

/** The outcome of a trial, as a file keeps it. */
export interface Outcome {
  readonly name: string;
  /** The seed of the run to which the trial belonged. */
  readonly seed: number;
  /** The revision of the program, or `null` without Git. */
  readonly revision: string | null;
  readonly problems: readonly string[];
}

const REVISION = revision();

export const isPassed = ({ verdict }: Result): boolean => verdict.problems.length === 0;

export function outcomeOf({ trial, verdict }: Result, seed: number): Outcome {
  return { name: nameOf(trial), seed, revision: REVISION, problems: verdict.problems };
}

function revision(): string | null {
  const { stdout, status } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

/** Adds an outcome to a file that has one outcome on each line. */
export async function keep(file: string, outcome: Outcome): Promise<void> {
  await appendFile(file, `${JSON.stringify(outcome)}\n`);
}

/** Returns all outcomes that `keep` has added to a file. There are none if the file does not exist yet. */
export async function kept(file: string): Promise<Outcome[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Outcome);
}
