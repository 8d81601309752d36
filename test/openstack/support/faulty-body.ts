import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** What goes wrong with a body when so many bytes of it have passed. */
export interface BodyFault {
  /** Milliseconds for which nothing moves; null: it ends there. */
  readonly pause: number | null;
  readonly after: number;
}

/**
 * Passes a body on, with what goes wrong: `cut` is called where it ends, when all before has been passed on.
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
        // What was pushed has to leave first.
        setTimeout(cut, 50);
        return;
      }
      await sleep(fault.pause, undefined, { ref: false });
      push(chunk.subarray(before));
      done();
    },
  });
}
