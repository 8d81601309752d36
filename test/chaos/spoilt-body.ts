import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** What goes wrong with a body after `at` of its bytes. */
export type BodyFault =
  | { readonly kind: 'reset' | 'stall' | 'truncate' | 'flip'; readonly at: number }
  /** In bytes a second. */
  | { readonly kind: 'slow'; readonly rate: number };

/** The longest time for which a body stalls, so that nothing hangs for ever; milliseconds. */
const STALL = 120_000;

/** Passes on a body, and makes it go wrong on the way. `hangUp` breaks the connection. */
export function spoil(
  fault: BodyFault | undefined,
  passed: (bytes: number) => void,
  hangUp: () => void,
  isOn: () => boolean,
): Transform {
  let at = 0;
  let isOver = false;
  return new Transform({
    async transform(chunk: Buffer, _, done) {
      const before = at;
      at += chunk.length;
      passed(chunk.length);
      if (fault === undefined || isOver || !isOn())
        return done(null, isOver && fault?.kind === 'truncate' ? undefined : chunk);
      if (fault.kind === 'slow') {
        const piece = Math.max(1, Math.floor(fault.rate / 10));
        for (let start = 0; start < chunk.length; ) {
          const end = isOn() ? start + piece : chunk.length;
          this.push(chunk.subarray(start, end));
          if (isOn()) await sleep(100, undefined, { ref: false });
          start = end;
        }
        return done();
      }
      if (at <= fault.at) return done(null, chunk);
      isOver = true;
      const cut = fault.at - before;
      if (fault.kind === 'flip') {
        const copy = Buffer.from(chunk);
        copy[cut] = (copy[cut] ?? 0) ^ 1;
        return done(null, copy);
      }
      this.push(chunk.subarray(0, cut));
      if (fault.kind === 'reset') setTimeout(hangUp, 20);
      if (fault.kind === 'truncate') {
        this.push(null);
        done();
      }
      if (fault.kind === 'stall') {
        await sleep(STALL, undefined, { ref: false });
        done(null, chunk.subarray(cut));
      }
    },
  });
}
