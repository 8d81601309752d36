/** A rule that catches calls or requests of a process, as the trial that has made the rule sees it. */
export interface Caught {
  /** Returns the number of calls or requests that were caught so far. */
  hits(): number;
  /** Waits until so many were caught; by default, until the first one. */
  reached(times?: number): Promise<void>;
  /** Lets everything go on that the rule holds. */
  release(): void;
  /**
   * Ends the rule, also for requests that it has caught. A file system call that it holds still waits for
   * `release`.
   */
  remove(): void;
}
