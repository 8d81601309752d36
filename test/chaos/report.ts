import { readFile, writeFile } from 'node:fs/promises';
import type { Outcome } from './results.ts';
import { PROMISES, ROWS, type RowName } from './rows.ts';
import { STORES, type StoreName } from './store-name.ts';
import { nameOf, type Trial } from './trial.ts';

const BEGIN = '<!-- begin: written by npm run test:chaos -- --report -->';
const END = '<!-- end -->';
const WIDTH = 110;

/** The results of the whole matrix so far. */
interface Matrix {
  /** All trials. */
  readonly trials: readonly Trial[];
  /** The last outcome of each trial that was run, by the trial's name. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

/** Writes the outcomes of trials into a document, between its two markers. */
export async function writeReport(
  file: string,
  trials: readonly Trial[],
  all: readonly Outcome[],
): Promise<void> {
  const text = await readFile(file, 'utf8');
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`${file} has no place for the table`);
  const outcomes = new Map(all.map((outcome) => [outcome.name, outcome]));
  const table = reportOf({ trials, outcomes }, all);
  await writeFile(file, `${text.slice(0, before)}${BEGIN}\n${table}\n${text.slice(after)}`);
}

function reportOf(matrix: Matrix, all: readonly Outcome[]): string {
  const last = [...matrix.outcomes.values()];
  const failures = last.filter(({ problems }) => problems.length > 0);
  const seeds = [...new Set(all.map(({ seed }) => seed))].join(', ');
  const revisions = Map.groupBy(last, ({ revision }) => revision ?? 'unknown');
  const counts = [...revisions].map(([revision, { length }]) => `${revision} (${length})`).join(', ');
  const date = new Date().toISOString().slice(0, 10);
  const sentences = [
    `${date}, Node.js ${process.versions.node}, seeds ${seeds}: of ${matrix.trials.length} trials`,
    `${last.length} were run; ${last.length - failures.length} passed, ${failures.length} failed.`,
    `By revision: ${counts}.`,
    'If a trial was run more than once, its last run counts.',
    'A cell shows how many of its trials have passed, and how many there are.',
    'It is bold if one has failed, and empty if the fault means nothing to the store.',
  ];
  return [
    ...wrapped(sentences.join(' '), ''),
    '',
    ...Object.entries(PROMISES).flatMap(([letter, promise]) => wrapped(`- **${letter}**: ${promise}`, '  ')),
    '',
    `| fault | ${STORES.join(' | ')} | proves |`,
    `|---|${STORES.map(() => '---|').join('')}---|`,
    ...(Object.keys(ROWS) as RowName[]).map((row) => lineOf(row, matrix)),
    ...(failures.length === 0 ? [] : ['', 'Failed:', '', ...failures.flatMap(failureOf)]),
  ].join('\n');
}

function lineOf(row: RowName, matrix: Matrix): string {
  const cells = STORES.map((store) => cellOf(row, store, matrix));
  return `| ${ROWS[row].title} | ${cells.join(' | ')} | ${ROWS[row].proves} |`;
}

function cellOf(row: RowName, store: StoreName, { trials, outcomes }: Matrix): string {
  const own = trials.filter((trial) => trial.fault.row === row && trial.store === store);
  if (own.length === 0) return '';
  const run = own.flatMap((trial) => outcomes.get(nameOf(trial)) ?? []);
  const passed = run.filter(({ problems }) => problems.length === 0).length;
  const cell = `${passed}/${own.length}`;
  return passed === run.length ? cell : `**${cell}**`;
}

function failureOf({ name, problems }: Outcome): string[] {
  return wrapped(`- \`${name}\`: ${problems.join('; ')}`, '  ');
}

/** Returns a text in lines of the document's width. All lines but the first begin with `indent`. */
function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined) lines.push(word);
    else if (line.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`${indent}${word}`);
  }
  return lines;
}
