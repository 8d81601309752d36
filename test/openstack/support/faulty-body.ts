import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** A fault in a body, which happens after `after` of its bytes. */
export interface BodyFault {
  /** The time for which nothing moves, in milliseconds; `null` if the body ends there. */
  readonly pause: number | null;
  readonly after: number;
}

/**
 * Passes on a body with its fault. If the fault ends the body, `cut` is called once all bytes before that
 * point have been passed on.
 */
export function faultyBody(
  fault: BodyFault | undefined,
  passed: (bytes: number) => void,
  cut: () => void,
): Transform {
  let at = 0;
  let isOver = fault === undefined;
  return new Transform({
    async transform(chunk: Buffer, _, done) {
      const push = (part: Buffer) => {
        at += part.length;
        passed(part.length);
        this.push(part);
      };
      if (isOver || fault === undefined || at + chunk.length <= fault.after) {
        push(chunk);
        return done();
      }
      const before = fault.after - at;
      if (before > 0) push(chunk.subarray(0, before));
      isOver = true;
      if (fault.pause === null) {
        // The bytes that were pushed have to be sent first.
        setTimeout(cut, 50);
        return;
      }
      await sleep(fault.pause, undefined, { ref: false });
      push(chunk.subarray(before));
      done();
    },
  });
}
