import { readFile, writeFile } from 'node:fs/promises';
import type { Verdict } from './judge.ts';
import { PROMISES, ROWS, type RowName } from './rows.ts';
import { STORES, type StoreName } from './store-name.ts';
import { nameOf, type Trial } from './trial.ts';

export interface Result {
  readonly trial: Trial;
  readonly verdict: Verdict;
}

const BEGIN = '<!-- begin: written by npm run test:chaos -- --report -->';
const END = '<!-- end -->';

export const isPassed = ({ verdict }: Result): boolean => verdict.problems.length === 0;

/** Writes the results into a document, between two markers that it has. */
export async function writeReport(
  file: string,
  seed: number,
  minutes: number,
  results: readonly Result[],
): Promise<void> {
  const text = await readFile(file, 'utf8');
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`${file} has no place for the table`);
  const table = reportOf(seed, minutes, results);
  await writeFile(file, `${text.slice(0, before)}${BEGIN}\n${table}\n${text.slice(after)}`);
}

function reportOf(seed: number, minutes: number, results: readonly Result[]): string {
  const passed = results.filter(isPassed).length;
  const date = new Date().toISOString().slice(0, 10);
  const failures = results.filter((result) => !isPassed(result));
  return [
    `${date}, Node.js ${process.versions.node}, seed ${seed}, ${minutes} minutes: ${passed} trials passed,`,
    `${results.length - passed} failed.`,
    '',
    ...Object.entries(PROMISES).map(([letter, promise]) => `- **${letter}**: ${promise}`),
    '',
    `| fault | ${STORES.join(' | ')} | proves |`,
    `|---|${STORES.map(() => '---|').join('')}---|`,
    ...(Object.keys(ROWS) as RowName[]).map((row) => lineOf(row, results)),
    ...(failures.length === 0 ? [] : ['', 'Failed:', '', ...failures.map(failureOf)]),
  ].join('\n');
}

function lineOf(row: RowName, results: readonly Result[]): string {
  const ofRow = results.filter(({ trial }) => trial.fault.row === row);
  const cells = STORES.map((store) => cellOf(store, ofRow));
  return `| ${ROWS[row].title} | ${cells.join(' | ')} | ${ROWS[row].proves} |`;
}

/** How many of the trials have passed; nothing where the fault means nothing to the store. */
function cellOf(store: StoreName, ofRow: readonly Result[]): string {
  const own = ofRow.filter(({ trial }) => trial.store === store);
  const passed = own.filter(isPassed).length;
  if (own.length === 0) return '';
  return passed === own.length ? `${passed}` : `**${passed} of ${own.length}**`;
}

function failureOf({ trial, verdict }: Result): string {
  return `- \`${nameOf(trial)}\`: ${verdict.problems.join('; ')}`;
}
