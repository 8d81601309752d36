import { knownDigests, planParts } from '../image/index.ts';
import type { StreamSink } from '../stores/index.ts';
import { followDigest } from './follow-digest.ts';
import { runLane } from './lane.ts';
import type { TransferOptions } from './options.ts';
import { type Run, settle } from './run.ts';
import { freedInOrder, stagedInSpool } from './staging.ts';
import { startUpload } from './upload.ts';
import { type Copied, verify } from './verify.ts';
import { createWindow } from './window.ts';

const MIB = 1024 * 1024;
/** Memory of a copy that has no spool. */
const WINDOW = 32 * MIB;

/**
 * Moves an image to a destination that takes one upload. Lanes read parts into the spool, or as far ahead as
 * a window in memory reaches. Behind them the digest follows, and the upload, which gets its last bytes when
 * the digest is right.
 */
export async function moveStream(options: TransferOptions, sink: StreamSink, run: Run): Promise<Copied> {
  const { reader, size, spool, expected, patience } = options;
  const { delivered, staged, onFault } = run;
  if (sink.whole !== null) {
    delivered.add([0, size]);
    return verify(expected, sink.whole, false);
  }
  const { signal } = run.stop;
  const staging = spool === null ? createWindow(Math.min(WINDOW, size), signal) : stagedInSpool(spool);
  const at = { hashed: 0, sent: 0 };
  const release = () => staging.release(Math.min(at.hashed, at.sent));
  const isResumed = staged.bytes > 0;

  const lanesWanted = reader.inOrder ? 1 : options.lanes;
  const partSize = spool === null ? Math.max(MIB, Math.floor(WINDOW / lanesWanted)) : undefined;
  const queue = planParts(size, staged.ranges, partSize);
  const lane = { reader, staging, ledger: staged, patience, signal, onFault };
  const lanes = Array.from({ length: lanesWanted }, () => runLane(queue, lane));

  // The md5 too: the destination computes digests of its own, and this may be the only one of them.
  const digest = options.digests.create(['md5', ...knownDigests(expected)]);
  const hashing = freedInOrder(staging, (upTo) => {
    at.hashed = upTo;
    release();
  });
  const verified = followDigest(hashing, staged, size, digest, signal).then((digests) =>
    verify(expected, digests, isResumed),
  );
  const upload = startUpload({
    sink,
    staging,
    size,
    verified,
    patience,
    run,
    onSent(upTo) {
      at.sent = upTo;
      release();
    },
  });
  return settle(run, {
    copied: verified,
    others: [upload.finished, ...lanes],
    digest,
    forget: async () => spool?.reset(),
    async close() {
      await upload.close();
      staging.close();
    },
  });
}
