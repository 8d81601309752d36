import { judge, type Verdict } from './judge.ts';
import type { Servers } from './servers.ts';
import { settle } from './settle.ts';
import { openStage } from './stage.ts';
import type { Stage, Trial } from './trial.ts';

/** The time after which a trial has failed, unless its fault is known to take longer; milliseconds. */
const BOUND = 150_000;

/** Runs a trial and judges it. Never rejects, and leaves no process behind. */
export async function runTrial(trial: Trial, servers: Servers): Promise<Verdict> {
  let stage: Stage | undefined;
  const timeout = Promise.withResolvers<never>();
  const bound = Math.max(BOUND, (trial.fault.seconds ?? 0) * 1500);
  const timer = setTimeout(() => timeout.reject(new Error(`not over after ${bound / 1000} s`)), bound);
  try {
    const opened = await openStage(trial, servers);
    stage = opened;
    const work = (async () => {
      const expected = await trial.fault.run(opened, trial.phase);
      await settle(opened);
      return judge(opened, expected);
    })();
    work.catch(() => {});
    return await Promise.race([work, timeout.promise]);
  } catch (error) {
    const { status, phase } = stage?.watch.last() ?? {};
    return { problems: [(error as Error).message], notes: [`the job stands at ${status}/${phase}`] };
  } finally {
    clearTimeout(timer);
    await stage?.close();
  }
}
