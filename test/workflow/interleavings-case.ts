import fc from 'fast-check';
import { MIB } from '../support/deployment.ts';

/**
 * A place in the course of a job: before or after the effect of a step, in mid-transfer, or after the end of
 * the job.
 */
export type Place = `${'before' | 'after'} ${Step}` | 'in mid-transfer' | 'at its end';
type Step = 'inspect' | 'prepare' | 'transfer' | 'commit' | 'discard' | 'close';

type Cancel = 'signal' | 'update' | 'native' | 'job service';
/** Something that happens to a job at a place. A native cancel cannot be by force. */
export type Deed =
  | `cancel by ${Cancel}`
  | `force by ${Exclude<Cancel, 'native'>}`
  | 'reset to the first Workflow Task'
  | 'reset to the last Workflow Task'
  | 'terminate'
  | 'pause'
  | 'fail once'
  | 'fail for good'
  | 'freeze until the next attempt'
  | 'freeze until the end'
  | 'lose the worker';

export type Trouble = readonly [Place, Deed];

/** A job with everything that happens to it. */
export interface Case {
  readonly bytes: number;
  /** The deed before any worker has taken the job; `null` if there is none. */
  readonly unheard: Deed | null;
  /** Each trouble happens once, to the first attempt that comes to its place. */
  readonly troubles: readonly Trouble[];
  /** The reset after the end of the job, with the troubles of the new run; `null` if there is none. */
  readonly afterwards: { readonly reset: Deed; readonly troubles: readonly Trouble[] } | null;
  /** How often the removal at the store fails, and whether before or after its effect. */
  readonly badRemovals: { readonly times: number; readonly when: 'before' | 'after' };
}

const CANCELS: readonly Deed[] = [
  'cancel by signal',
  'cancel by update',
  'cancel by native',
  'cancel by job service',
];
const FORCES: readonly Deed[] = ['force by signal', 'force by update', 'force by job service'];
const RESETS: readonly Deed[] = ['reset to the first Workflow Task', 'reset to the last Workflow Task'];
const LOSSES: readonly Deed[] = [
  'freeze until the next attempt',
  'freeze until the end',
  'freeze until the end',
  'lose the worker',
];

const PLACES: readonly Place[] = [
  'before inspect',
  'after inspect',
  'before prepare',
  'after prepare',
  'before transfer',
  'in mid-transfer',
  'in mid-transfer',
  'after transfer',
  'before commit',
  'after commit',
  'after commit',
];

/**
 * The places at which a step may fail, or a job may be paused. A transfer reports its progress with its
 * failure, so it has to fail within the step, and not after its end.
 */
const IN_STEPS = PLACES.filter((place) => place !== 'after transfer');

const from = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const kinds = (...groups: readonly (readonly Deed[])[]) => fc.oneof(...groups.map((group) => from(...group)));
const trouble = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(from(...PLACES), kinds(CANCELS, FORCES, RESETS, LOSSES, LOSSES)) },
  { weight: 2, arbitrary: fc.tuple(from(...IN_STEPS), from<Deed>('fail once', 'fail for good', 'pause')) },
  { weight: 1, arbitrary: fc.tuple(from(...PLACES), from<Deed>('terminate')) },
  {
    weight: 2,
    arbitrary: fc.tuple(
      from<Place>('before discard', 'after discard'),
      kinds(FORCES, RESETS, LOSSES, ['fail once', 'pause', 'terminate']),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      from<Place>('before close', 'after close'),
      kinds(FORCES, RESETS, ['fail once', 'pause', 'terminate']),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(from<Place>('at its end'), kinds(CANCELS, FORCES)) },
);

const PLAIN = { noNullPrototype: true } as const;

/** Generates jobs with one to three troubles. */
export const cases: fc.Arbitrary<Case> = fc.record(
  {
    bytes: from(2 * MIB + 123, 1, 9 * MIB),
    unheard: fc.oneof(
      { weight: 8, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: kinds(CANCELS, FORCES) },
    ),
    troubles: fc.array(trouble, { minLength: 1, maxLength: 3 }),
    afterwards: fc.oneof(
      { weight: 2, arbitrary: fc.constant(null) },
      {
        weight: 1,
        arbitrary: fc.record(
          { reset: from(...RESETS), troubles: fc.array(trouble, { minLength: 1, maxLength: 2 }) },
          PLAIN,
        ),
      },
    ),
    badRemovals: fc.record({ times: from(0, 0, 0, 1, 2), when: from('before', 'after') }, PLAIN),
  },
  PLAIN,
);
