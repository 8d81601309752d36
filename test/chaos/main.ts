import { writeFileSync } from 'node:fs';
import { shareWorkflowBundle } from '../support/workflow-bundle.ts';
import { allTrials } from './catalogue.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { randomOf } from './random.ts';
import { writeReport } from './report.ts';
import { isPassed, keep, kept, outcomeOf, type Result } from './results.ts';
import { openRunFolder } from './run-folder.ts';
import { runTrial } from './run-trial.ts';
import { costOf, slownessOf, stratified } from './sample.ts';
import { openServers, warmUp } from './servers.ts';
import { nameOf, type Trial } from './trial.ts';
import { isReliable } from './unreliable.ts';

/** The time that is kept for the last trials to end and for the servers to stop; milliseconds. */
const RESERVE = 45_000;

const began = Date.now();
const options = optionsOrUsage();
const random = randomOf(options.seed);
const done = new Set(options.rest && options.keep ? (await kept(options.keep)).map(({ name }) => name) : []);
const all = allTrials(options.seed);
const isDone = (trial: Trial) => done.has(nameOf(trial));
const wanted = all.filter(isWanted);
const queue = options.sample === null ? wanted : stratified(wanted, random, all.filter(isDone));
if (options.list) {
  for (const trial of wanted) console.log(nameOf(trial));
  process.exit();
}
console.log(`seed ${options.seed}, ${wanted.length} trials`);

const folder = await openRunFolder();
const results: Result[] = [];
let isOver = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(130));
// A trial may fail in a promise that nobody awaits.
process.on('uncaughtException', (error) => {
  // Trials that are stopped in the middle may report errors.
  if (isOver) return;
  console.error(error);
  void end(1);
});
await shareWorkflowBundle(folder.path);
const servers = openServers(folder.path);
await warmUp(servers, [...new Set(wanted.map(({ store }) => store))]);
await Promise.all(Array.from({ length: options.jobs }, () => runLane()));
const passed = results.filter(isPassed).length;
if (options.report !== null) {
  const outcomes = results.map((result) => outcomeOf(result, options.seed));
  await writeReport(options.report, all, options.keep === null ? outcomes : await kept(options.keep));
}
for (const { trial } of results.filter((result) => !isPassed(result))) {
  console.log(`again: npm run test:chaos -- --only ${nameOf(trial)} --seed ${options.seed}`);
}
if (process.env.TEST_RESULTS !== undefined) writeResults(process.env.TEST_RESULTS);
console.log(`${passed} passed, ${results.length - passed} failed`);
await end(passed === results.length ? 0 : 1);

function isWanted(trial: Trial): boolean {
  const name = nameOf(trial);
  if (options.reliable && !isReliable(name)) return false;
  return !isDone(trial) && (options.only?.test(name) ?? true);
}

function optionsOrUsage(): Options {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** Ends this process, and leaves no process and no file behind. */
async function end(code: number): Promise<void> {
  isOver = true;
  await folder.close();
  process.exit(code);
}

async function runLane(): Promise<void> {
  for (let trial = next(); trial !== undefined; trial = next()) {
    const since = Date.now();
    const verdict = await runTrial(trial, servers);
    // A trial that was stopped by the end of the run has no result.
    if (isOver) return;
    const result = { trial, verdict, took: Date.now() - since };
    results.push(result);
    tell(result);
    if (options.keep !== null) await keep(options.keep, outcomeOf(result, options.seed));
  }
}

/** Returns the next trial for which there is time. */
function next(): Trial | undefined {
  if (options.sample === null) return queue.shift();
  const left = options.sample - RESERVE - (Date.now() - began);
  const slowness = slownessOf(results);
  const at = queue.findIndex((trial) => costOf(trial) * slowness <= left);
  return at < 0 ? undefined : queue.splice(at, 1)[0];
}

/** Writes the results in Vitest's format, for `scripts/ci-results.ts`. */
function writeResults(file: string): void {
  const assertionResults = results.map((result) => ({
    status: isPassed(result) ? 'passed' : 'failed',
    fullName: nameOf(result.trial),
    failureMessages: result.verdict.problems,
  }));
  const status = passed === results.length ? 'passed' : 'failed';
  const testResults = [{ name: 'test/chaos', status, assertionResults }];
  const counts = { numPassedTests: passed, numFailedTests: results.length - passed };
  writeFileSync(file, JSON.stringify({ ...counts, testResults }));
}

function tell(result: Result): void {
  const { trial, verdict, took } = result;
  console.log(`${isPassed(result) ? 'passed' : 'FAILED'} ${nameOf(trial)} (${(took / 1000).toFixed(1)} s)`);
  for (const line of verdict.problems) console.log(`    ${line}`);
  for (const line of verdict.notes) console.log(`    (${line})`);
}
