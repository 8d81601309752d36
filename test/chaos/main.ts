import { parseArgs } from 'node:util';
import { allTrials } from './catalogue.ts';
import type { Verdict } from './judge.ts';
import { runTrial } from './run-trial.ts';
import { openServers, warmUp } from './servers.ts';
import type { Stage } from './stage.ts';
import { nameOf, type Trial } from './trial.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    only: { type: 'string' },
    jobs: { type: 'string', default: '2' },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const pattern = new RegExp(
  `^${(values.only ?? '')
    .split('*')
    .map((part) => part.replaceAll('/', '\\/'))
    .join('.*')}`,
);
const trials = allTrials(seed).filter((trial) => pattern.test(nameOf(trial)));
console.log(`seed ${seed}, ${trials.length} trials`);

const servers = await openServers();
const stages = new Set<Stage>();
const queue = [...trials];
const results: { trial: Trial; verdict: Verdict }[] = [];
const stop = async () => {
  await Promise.allSettled([...stages].map((stage) => stage.close()));
  await servers.stop();
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    queue.splice(0);
    void stop().finally(() => process.exit(130));
  });
}
try {
  await warmUp(servers, [...new Set(trials.map(({ store }) => store))]);
  const lane = async () => {
    for (let trial = queue.shift(); trial !== undefined; trial = queue.shift()) {
      const began = Date.now();
      let stage: Stage | undefined;
      const verdict = await runTrial(trial, servers, (opened) => {
        stage = opened;
        stages.add(opened);
      });
      if (stage !== undefined) stages.delete(stage);
      results.push({ trial, verdict });
      const seconds = ((Date.now() - began) / 1000).toFixed(1);
      const word = verdict.problems.length === 0 ? 'passed' : 'FAILED';
      console.log(`${word} ${nameOf(trial)} (${seconds} s)`);
      for (const line of verdict.problems) console.log(`    ${line}`);
      for (const line of verdict.notes) console.log(`    (${line})`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, lane));
} finally {
  await stop();
}
const failed = results.filter(({ verdict }) => verdict.problems.length > 0).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
