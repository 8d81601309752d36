import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The command was told to stop by a signal. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  /** The exit code that shells expect of a program that a signal has ended. */
  readonly exitCode: number;

  constructor(signal: (typeof SIGNALS)[number]) {
    super(`interrupted by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/**
 * Returns an abort signal that is aborted with an `Interrupted` when the process gets the first of SIGINT,
 * SIGTERM and SIGHUP.
 */
export function interruption(): AbortSignal {
  const stop = new AbortController();
  for (const name of SIGNALS) process.once(name, () => stop.abort(new Interrupted(name)));
  return stop.signal;
}

/** Waits until the process gets SIGTERM or SIGINT. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve()).once('SIGINT', () => resolve());
  });
}
