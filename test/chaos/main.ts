import { allTrials } from './catalogue.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { randomOf } from './random.ts';
import { writeReport } from './report.ts';
import { isPassed, keep, kept, outcomeOf, type Result } from './results.ts';
import { runTrial } from './run-trial.ts';
import { costOf, slownessOf, stratified } from './sample.ts';
import { openServers, type Servers, warmUp } from './servers.ts';
import type { Stage } from './trial.ts';
import { nameOf, type Trial } from './trial.ts';

/** Kept for the last trials to end in, and for the servers to stop; milliseconds. */
const RESERVE = 45_000;

// Every process that a trial starts is ended with this one.
process.setMaxListeners(0);
const began = Date.now();
const options = optionsOrUsage();
const random = randomOf(options.seed);
const wanted = allTrials(options.seed).filter((trial) => options.only?.test(nameOf(trial)) ?? true);
const queue = options.sample === null ? wanted : stratified(wanted, random);
if (options.list) {
  for (const trial of wanted) console.log(nameOf(trial));
  process.exit();
}
console.log(`seed ${options.seed}, ${wanted.length} trials`);

const servers = await openServers();
const stages = new Set<Stage>();
const results: Result[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stopAll(servers).finally(() => process.exit(130)));
}
// A trial that goes wrong in a way that nobody awaits leaves nothing behind either.
process.once('uncaughtException', (error) => {
  console.error(error);
  void stopAll(servers).finally(() => process.exit(1));
});
try {
  await warmUp(servers, [...new Set(wanted.map(({ store }) => store))]);
  await Promise.all(Array.from({ length: options.jobs }, () => runLane(servers)));
} finally {
  await stopAll(servers);
}
const passed = results.filter(isPassed).length;
if (options.report !== null) {
  const outcomes = results.map((result) => outcomeOf(result, options.seed));
  const all = options.keep === null ? outcomes : await kept(options.keep);
  await writeReport(options.report, allTrials(options.seed), all);
}
for (const { trial } of results.filter((result) => !isPassed(result))) {
  console.log(`again: npm run test:chaos -- --only ${nameOf(trial)} --seed ${options.seed}`);
}
console.log(`${passed} passed, ${results.length - passed} failed`);
process.exit(passed === results.length ? 0 : 1);

function optionsOrUsage(): Options {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function stopAll(all: Servers): Promise<void> {
  queue.splice(0);
  await Promise.allSettled([...stages].map((stage) => stage.close()));
  await all.stop();
}

async function runLane(all: Servers): Promise<void> {
  for (let trial = next(); trial !== undefined; trial = next()) {
    const since = Date.now();
    let stage: Stage | undefined;
    const verdict = await runTrial(trial, all, (opened) => {
      stage = opened;
      stages.add(opened);
    });
    if (stage !== undefined) stages.delete(stage);
    const result = { trial, verdict, took: Date.now() - since };
    results.push(result);
    tell(result);
    if (options.keep !== null) await keep(options.keep, outcomeOf(result, options.seed));
  }
}

/** The next trial that there is time for. */
function next(): Trial | undefined {
  if (options.sample === null) return queue.shift();
  const left = options.sample - RESERVE - (Date.now() - began);
  const slowness = slownessOf(results);
  const at = queue.findIndex((trial) => costOf(trial) * slowness <= left);
  return at < 0 ? undefined : queue.splice(at, 1)[0];
}

function tell(result: Result): void {
  const { trial, verdict, took } = result;
  console.log(`${isPassed(result) ? 'passed' : 'FAILED'} ${nameOf(trial)} (${(took / 1000).toFixed(1)} s)`);
  for (const line of verdict.problems) console.log(`    ${line}`);
  for (const line of verdict.notes) console.log(`    (${line})`);
}
