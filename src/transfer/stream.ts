import { knownDigests, planParts } from '../image/index.ts';
import { blame, type PartSink, StoreError, type StreamSink } from '../stores/index.ts';
import { freedInOrder, readingBack } from './arrived.ts';
import { createChunks } from './chunks.ts';
import { feed, RESERVE } from './feed.ts';
import { DIGEST_CHUNKS, followDigest } from './follow-digest.ts';
import { runLane } from './lane.ts';
import type { Run, TransferOptions } from './options.ts';
import { type Copied, isBadData, verify } from './verify.ts';
import { createWindow, type Window } from './window.ts';

const MIB = 1024 * 1024;
/** Memory of a copy that has no spool. */
const WINDOW = 32 * MIB;
/**
 * A part that is read again costs a part; an upload that starts over costs all: it may stand still for
 * longer.
 */
const UPLOAD_PATIENCE = 10;
/** Of Node.js; milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;

/**
 * Lanes read parts into the spool, or as far ahead as the window reaches; behind them the digest follows, and
 * one upload that gets its last bytes when the digest is right.
 */
export async function moveStream(options: TransferOptions, sink: StreamSink, run: Run): Promise<Copied> {
  const { reader, size, expected, patience } = options;
  const { delivered, staged, stop, onFault } = run;
  if (sink.whole !== null) {
    delivered.add([0, size]);
    return verify(expected, sink.whole, false);
  }
  const { signal } = stop;
  const staging =
    options.spool === null ? createWindow(Math.min(WINDOW, size), signal) : spooled(options.spool);
  const at = { hashed: 0, sent: 0 };
  const release = () => staging.release(Math.min(at.hashed, at.sent));
  const inherited = staged.bytes;

  const lanesWanted = reader.inOrder ? 1 : options.lanes;
  const partSize = options.spool === null ? Math.max(MIB, Math.floor(WINDOW / lanesWanted)) : undefined;
  const queue = planParts(size, staged.ranges, partSize);
  const lane = { reader, sink: staging, ledger: staged, patience, signal, onFault, before: staging.hasRoom };
  const lanes = Array.from({ length: lanesWanted }, () => runLane(queue, lane));

  // The md5 too: the destination computes digests of its own, and this may be the only one of them.
  const digest = options.digests.create(['md5', ...knownDigests(expected)]);
  const hashing = freedInOrder(staging, (hashed) => {
    at.hashed = hashed;
    release();
  });
  const verified = followDigest(hashing, staged, size, digest, signal).then((digests) =>
    verify(expected, digests, inherited > 0),
  );

  const standstill = Math.min(patience.stall_after * UPLOAD_PATIENCE, MAX_TIMER);
  const giveUp = (message: string) =>
    stop.abort(new StoreError('unavailable', message, { side: 'destination' }));
  let counted = 0;
  const chunks = feed({
    staging,
    staged,
    size,
    verified,
    patience: standstill,
    signal,
    onStalled: () => giveUp(`the destination has taken nothing for ${standstill / 1000} s`),
    onSent(sent, moving) {
      at.sent = sent;
      release();
      if (!moving) return;
      delivered.add([counted, sent]);
      counted = sent;
    },
  });
  const uploaded = upload();
  try {
    const [copied] = await Promise.all([verified, uploaded, ...lanes]);
    return copied;
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled([verified, uploaded, ...lanes]);
    digest.drop();
    if (isBadData(error)) await options.spool?.reset();
    throw signal.reason;
  } finally {
    // It may be in the middle of a read.
    await chunks.return(undefined).catch(() => {});
    staging.close();
  }

  /** Begins when there is something to send: no server waits long for the first byte. */
  async function upload(): Promise<void> {
    await Promise.race([verified, staged.above(RESERVE, signal)]);
    signal.throwIfAborted();
    const answer = answerWithin(patience.give_up_after, () => giveUp('the destination does not answer'));
    try {
      await sink.upload(answer.after(chunks), signal);
    } catch (error) {
      throw signal.aborted ? signal.reason : blame('destination', error);
    } finally {
      answer.dismiss();
    }
  }
}

/** Ends the wait for what comes after the last chunk. */
function answerWithin(milliseconds: number, giveUp: () => void) {
  let timer: NodeJS.Timeout | undefined;
  return {
    async *after(chunks: AsyncIterable<Uint8Array>) {
      yield* chunks;
      timer = setTimeout(giveUp, milliseconds);
    },
    dismiss: () => clearTimeout(timer),
  };
}

/** A spool keeps everything. The digest reads it, and so does the upload. */
function spooled(spool: PartSink): Omit<Window, 'slice'> {
  const { write, complete } = spool;
  const chunks = createChunks(DIGEST_CHUNKS + 1, 0);
  const { read, free } = readingBack(spool, chunks);
  return { write, complete, read, free, hasRoom: async () => {}, release() {}, close: chunks.close };
}
