import { knownDigests } from '../image/index.ts';
import { MIB } from '../memory/index.ts';
import type { StreamSink } from '../stores/index.ts';
import { followDigest } from './follow-digest.ts';
import { PART_SIZE } from './memory-demand.ts';
import { moveAll } from './move-all.ts';
import type { TransferOptions } from './options.ts';
import { canShare, PartQueue } from './part-queue.ts';
import { type Run, settle } from './run.ts';
import { freedInOrder, stagedInSpool } from './staging.ts';
import { startUpload } from './upload.ts';
import { type Copied, verify } from './verify.ts';
import { createWindow } from './window.ts';

/**
 * Moves an image to a destination that takes one upload. Lanes read parts into the spool or, without one,
 * into a window in memory. The digest and the upload follow. The upload gets its last bytes only when the
 * digest has proved to be right.
 */
export async function moveToStream(options: TransferOptions, sink: StreamSink, run: Run): Promise<Copied> {
  const { reader, size, spool, expected, link, patience } = options;
  const { delivered, staged, stop, onFault } = run;
  if (sink.whole !== null) {
    // An earlier attempt has uploaded everything.
    delivered.add([0, size]);
    return verify(expected, sink.whole, { isResumed: false });
  }
  const { signal } = stop;
  const windowSize = Math.min(options.memory.bytes, size);
  const staging = spool === null ? createWindow(windowSize, signal) : stagedInSpool(spool);
  const upTo = { hashed: 0, sent: 0 };
  const release = () => staging.release(Math.min(upTo.hashed, upTo.sent));
  const isResumed = staged.bytes > 0;

  const queue = new PartQueue({ size, done: staged.ranges, canShare: canShare(reader) });
  // A part stays in the window until all bytes before it have come. So the parts of all lanes have to fit
  // into the window.
  const partOfWindow = () => Math.max(MIB, Math.min(PART_SIZE, windowSize / (2 * link.from.count)));
  const moved = moveAll(queue, {
    ...{ reader, staging, ledger: staged, patience, stop, signal, onFault },
    lanes: link.from,
    bandwidth: link.bandwidth,
    mostParts: reader.inOrder ? 1 : Number.POSITIVE_INFINITY,
    partSize: spool === null ? partOfWindow : () => PART_SIZE,
  });

  // The md5 is always computed, because it may be the only digest that the destination computes too.
  const digest = options.digests.create(['md5', ...knownDigests(expected)]);
  const hashing = freedInOrder(staging, (offset) => {
    upTo.hashed = offset;
    release();
  });
  const verified = followDigest(hashing, staged, size, digest, signal).then((digests) =>
    verify(expected, digests, { isResumed }),
  );
  const upload = startUpload({
    sink,
    staging,
    size,
    verified,
    patience,
    run,
    onSent(offset) {
      upTo.sent = offset;
      release();
    },
  });
  return settle(run, {
    copied: verified,
    others: [upload.finished, moved],
    digest,
    forget: async () => spool?.reset(),
    async close() {
      await upload.close();
      staging.close();
    },
  });
}
