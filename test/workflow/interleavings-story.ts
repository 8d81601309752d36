import { until } from '../support/until.ts';
import { presentAttempt } from '../support/workflow-attempts.ts';
import type { Case, Deed, Place } from './interleavings-case.ts';
import { type Accepted, failureFor, perform, type Reach, resumeLater } from './interleavings-deeds.ts';
import type { Follower } from './interleavings-hooks.ts';

/**
 * The story of one job. It makes each trouble happen when an attempt comes to its place, and records
 * everything.
 */
export class Story implements Follower {
  readonly log: string[] = [];
  /** The deeds that were done to the job. */
  readonly deeds: Deed[] = [];
  /** The cancels that the job has accepted and has to obey. */
  readonly accepted: Accepted[] = [];
  isCommitBegun = false;
  readonly #reach: Reach;
  readonly #began = Date.now();
  #troubles: Case['troubles'];
  #afterwards: Case['afterwards'];
  readonly #end = Promise.withResolvers<void>();
  #successor = Promise.withResolvers<void>();
  readonly #underWay = new Set<Promise<void>>();

  constructor(reach: Reach, { troubles, afterwards }: Case) {
    this.#reach = reach;
    this.#troubles = troubles;
    this.#afterwards = afterwards;
  }

  async meet(place: Place): Promise<void> {
    const attempt = presentAttempt();
    await attempt.whenThawed();
    for (let deed = this.next(place); deed !== undefined; deed = this.next(place)) {
      if (deed === 'fail once' || deed === 'fail for good') throw failureFor(deed);
      if (deed.startsWith('freeze') || deed === 'lose the worker') {
        attempt.freeze(this.#thawing(deed));
        await attempt.whenThawed();
        this.note(`woken ${place}`);
      } else {
        // A frozen attempt or a clean-up may come to a place at any time. The deed is then for the job's last
        // run.
        const isPresent = attempt.workflowId === this.#reach.workflowId && !attempt.hasBeenFrozen;
        await this.do(deed, isPresent ? attempt.runId : undefined);
      }
    }
  }

  attemptBegins(): void {
    this.#successor.resolve();
    this.#successor = Promise.withResolvers();
  }

  commitBegins(): void {
    this.isCommitBegun = true;
  }

  track<T>(work: Promise<T>): Promise<T> {
    const over = work.then(
      () => {},
      () => {},
    );
    this.#underWay.add(over);
    over.then(() => this.#underWay.delete(over));
    return work;
  }

  /** Returns the next trouble at a place, and removes it from the list. */
  next(place: Place): Deed | undefined {
    const found = this.#troubles.find(([at]) => at === place);
    if (found === undefined) return undefined;
    this.#troubles = this.#troubles.filter((trouble) => trouble !== found);
    this.deeds.push(found[1]);
    this.note(`${place}: ${found[1]}`);
    return found[1];
  }

  /** Returns the next deed for the job after its end, or `undefined` if none is left. */
  nextAtItsEnd(): Deed | undefined {
    const deed = this.next('at its end');
    if (deed !== undefined || this.#afterwards === null) return deed;
    const { reset, troubles } = this.#afterwards;
    this.#troubles = troubles;
    this.#afterwards = null;
    this.deeds.push(reset);
    this.note(`at its end: ${reset}`);
    return reset;
  }

  /** Performs a deed. The job may refuse it. */
  async do(deed: Deed, runId?: string): Promise<void> {
    try {
      const accepted = await perform(deed, this.#reach, runId);
      if (accepted !== undefined) this.accepted.push(accepted);
      if (deed === 'pause')
        this.track(resumeLater(this.#reach).catch((error) => this.note(`resume: ${error}`)));
    } catch (error) {
      this.note(`${deed} was refused: ${error}`);
    }
  }

  /** Wakes every frozen attempt, and waits until nothing happens any more. */
  async wakeAll(): Promise<void> {
    this.#troubles = [];
    this.#end.resolve();
    await until(() => this.#underWay.size === 0, 30_000);
  }

  note(what: string): void {
    this.log.push(`${((Date.now() - this.#began) / 1000).toFixed(1)} s ${what}`);
  }

  async #thawing(deed: Deed): Promise<void> {
    const end = this.#end.promise;
    await (deed === 'freeze until the next attempt' ? Promise.race([this.#successor.promise, end]) : end);
    if (deed === 'lose the worker') throw new Error('this process has not come back');
  }
}
