import { check, type Verdict } from './check.ts';
import { directory } from './directory/index.ts';
import { glance } from './glance/index.ts';
import { jobModel } from './job.ts';
import type { Rule } from './rule.ts';
import { s3 } from './s3/index.ts';
import type { Trouble, Troubles } from './world.ts';

const TROUBLES: readonly Trouble[] = [
  ...(['timeouts', 'resets', 'cancels', 'forces', 'terminations'] as const),
  ...(['failures', 'pauses', 'sweeps', 'others', 'deletions'] as const),
];
/** A check fails if it finds more states. */
const MAX_STATES = 200_000;

export type StoreName = 'directory' | 's3' | 'glance';

function troublesOf(total: number, count: (trouble: Trouble) => number): Troubles {
  const counts = Object.fromEntries(TROUBLES.map((trouble) => [trouble, count(trouble)]));
  return { total, ...(counts as Record<Trouble, number>) };
}

/** Any one trouble. */
export const ANY_ONE = troublesOf(1, () => 1);

/** Returns exactly these troubles, in any order. */
export function mix(...troubles: Trouble[]): Troubles {
  return troublesOf(troubles.length, (trouble) => troubles.filter((other) => other === trouble).length);
}

export const SWEPT_AND_RESET = mix('terminations', 'sweeps', 'resets');

/** Checks a rule with a store. If a fault is named, looks only for that fault. */
export function verdictOn(store: StoreName, rule: Rule, troubles: Troubles, fault?: string): Verdict {
  const checked = <Store>(model: ReturnType<typeof jobModel<Store>>) => {
    const only = (state: Parameters<typeof model.fault>[0]) => {
      const found = model.fault(state);
      return fault === undefined || found === fault ? found : undefined;
    };
    return check({ ...model, fault: only }, MAX_STATES);
  };
  switch (store) {
    case 'directory':
      return checked(jobModel(directory(rule), rule, troubles));
    case 's3':
      return checked(jobModel(s3(rule), rule, troubles));
    case 'glance':
      return checked(jobModel(glance(rule), rule, troubles));
  }
}

export const DESTROYED = 'the job was replicated, and its image is not whole';
export const OVERTAKEN = 'an attempt removes what a later one has taken';
