/** A trial's handle of a rule that catches calls or requests of a process. */
export interface Caught {
  /** Returns the number of calls or requests that were caught so far. */
  hits(): number;
  /** Waits until `times` calls or requests were caught; by default, until the first one. */
  reached(times?: number): Promise<void>;
  /** Lets everything go on that the rule holds. */
  release(): void;
  /**
   * Ends the rule, also for requests that it has caught. A file system call that it holds still waits for
   * `release`.
   */
  remove(): void;
}
