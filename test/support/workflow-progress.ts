import { type ByteRange, coveredBytes } from '../../src/image/index.ts';
import { until } from './until.ts';
import { type StoreHooks, watchReader } from './workflow-hooks.ts';
import type { Job } from './workflow-rig.ts';

/**
 * A record of the chunks that the readers of a job have yielded, with a list for each reader that was opened.
 */
export interface ReadLog {
  readonly hooks: Required<Pick<StoreHooks, 'openReader'>>;
  readonly readers: ByteRange[][];
  bytes(): number;
}

/**
 * Returns a log of reads. Each reader calls `before` ahead of each chunk, with the index of the reader and
 * the number of chunks that it has read so far. The chunk is recorded when `before` has resolved.
 */
export function readLog(
  before: (reader: number, chunks: number, signal: AbortSignal) => Promise<void> | void = () => {},
): ReadLog {
  const readers: ByteRange[][] = [];
  return {
    readers,
    bytes: () => readers.reduce((sum, chunks) => sum + coveredBytes(chunks), 0),
    hooks: {
      openReader: async (call) => {
        const chunks: ByteRange[] = [];
        const number = readers.push(chunks) - 1;
        let asked = 0;
        return watchReader(await call(), async (chunk, signal) => {
          await before(number, asked++, signal);
          chunks.push(chunk);
        });
      },
    },
  };
}

/**
 * Returns the number of the current attempt, and how many bytes its last heartbeat has reported to the
 * server.
 */
export async function pendingTransfer({ handle }: Job): Promise<{ attempt: number; reported: number }> {
  const [activity] = (await handle.describe()).raw.pendingActivities ?? [];
  const [payload] = activity?.heartbeatDetails?.payloads ?? [];
  const progress = payload?.data ? JSON.parse(Buffer.from(payload.data).toString()) : undefined;
  return { attempt: activity?.attempt ?? 0, reported: progress?.high_water ?? 0 };
}

/** Waits until heartbeats have reported at least `bytes` bytes to the server. */
export async function untilReported(job: Job, bytes: number): Promise<void> {
  await until(async () => (await pendingTransfer(job)).reported >= bytes);
}
