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
      if (isOver && fault?.kind === 'truncate') return done();
      if (fault === undefined || isOver || !isOn()) return done(null, chunk);
      if (fault.kind === 'slow') {
        for await (const piece of slowPieces(chunk, fault.rate, isOn)) this.push(piece);
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

/** Yields a chunk in pieces at a rate in bytes a second. Yields the rest at once when `isOn` turns false. */
async function* slowPieces(chunk: Buffer, rate: number, isOn: () => boolean) {
  const size = Math.max(1, Math.floor(rate / 10));
  let at = 0;
  for (; at < chunk.length && isOn(); at += size) {
    yield chunk.subarray(at, at + size);
    await sleep(100, undefined, { ref: false });
  }
  if (at < chunk.length) yield chunk.subarray(at);
}
