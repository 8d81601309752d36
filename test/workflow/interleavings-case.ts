import fc from 'fast-check';
import { MIB } from '../support/deployment.ts';

/**
 * A place at which a job can be met: before or after the effect of a step, in mid-transfer, or after its end.
 */
export type Place = `${'before' | 'after'} ${Step}` | 'in mid-transfer' | 'at its end';
type Step = 'inspect' | 'prepare' | 'transfer' | 'commit' | 'discard' | 'close';

type Cancel = 'signal' | 'update' | 'native' | 'job service';
/** An event that can happen to a job at a place. A native cancel cannot say that it is by force. */
export type Deed =
  | `cancel by ${Cancel}`
  | `force by ${Exclude<Cancel, 'native'>}`
  | 'reset to the first task'
  | 'reset to the last task'
  | 'terminate'
  | 'pause'
  | 'fail once'
  | 'fail for good'
  | 'freeze until the next attempt'
  | 'freeze until the end'
  | 'lose the worker';

export type Trouble = readonly [Place, Deed];

/** A job, and what it has to go through. */
export interface Case {
  readonly bytes: number;
  /** The deed that comes before any worker has heard of the job; `null` if there is none. */
  readonly unheard: Deed | null;
  /** Troubles that happen once each, to the first attempt that comes to their place. */
  readonly troubles: readonly Trouble[];
  /**
   * The reset of the job after its end, with the troubles of the run that goes on; `null` if there is none.
   */
  readonly afterwards: { readonly reset: Deed; readonly troubles: readonly Trouble[] } | null;
  /** How often the removal at the store fails: before its effect, or after it. */
  readonly badRemovals: { readonly times: number; readonly when: 'before' | 'after' };
}

const CANCELS: readonly Deed[] = [
  'cancel by signal',
  'cancel by update',
  'cancel by native',
  'cancel by job service',
];
const FORCES: readonly Deed[] = ['force by signal', 'force by update', 'force by job service'];
const RESETS: readonly Deed[] = ['reset to the first task', 'reset to the last task'];
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

/** A transfer whose failure tells how far it has come has to fail inside, not after its end. */
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
