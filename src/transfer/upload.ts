import { blame, StoreError, type StreamSink } from '../stores/index.ts';
import { feed, RESERVE } from './feed.ts';
import { MAX_TIMER, type Patience } from './retry.ts';
import type { Run } from './run.ts';
import type { Staged } from './staging.ts';

/** An upload may stand still this many times longer than a part, because it costs more to start over. */
const UPLOAD_PATIENCE = 10;

export interface UploadOptions {
  readonly sink: StreamSink;
  readonly staging: Staged;
  readonly size: number;
  /** Resolves when all bytes are found to match the source. */
  readonly verified: Promise<unknown>;
  readonly patience: Patience;
  readonly run: Run;
  /** Called with the offset below which the destination has taken all bytes. */
  readonly onSent: (upTo: number) => void;
}

/** An upload that is under way. */
export interface RunningUpload {
  /** Resolves when the destination has confirmed that it has all bytes. */
  readonly finished: Promise<void>;
  /** Ends the reading from the staging; resolves when it has ended. MUST be called at the end. */
  close(): Promise<void>;
}

/**
 * Sends the staged bytes as one upload. Stops the run if the destination accepts nothing for too long. No
 * server waits long for the first byte, so the upload begins only when there is something to send.
 */
export function startUpload(options: UploadOptions): RunningUpload {
  const { sink, staging, size, verified, patience, run, onSent } = options;
  const { delivered, staged } = run;
  const { signal } = run.stop;
  const standstill = Math.min(patience.stall_after * UPLOAD_PATIENCE, MAX_TIMER);
  const giveUp = (message: string) =>
    run.stop.abort(new StoreError('unavailable', message, { side: 'destination' }));
  let counted = 0;
  const chunks = feed({
    staging,
    staged,
    size,
    verified,
    patience: standstill,
    signal,
    onStalled: () => giveUp(`the destination has taken nothing for ${standstill / 1000} s`),
    onSent(upTo, kind) {
      onSent(upTo);
      if (kind === 'trickle') return;
      delivered.add([counted, upTo]);
      counted = upTo;
    },
  });

  async function send(): Promise<void> {
    await Promise.race([verified, staged.whenAbove(RESERVE, signal)]);
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

  return {
    finished: send(),
    async close() {
      // This also waits for a read that is under way.
      await chunks.return(undefined).catch(() => {});
    },
  };
}

/** Calls `giveUp` if the answer takes longer than `milliseconds` after the last chunk. */
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
