import { setTimeout as sleep } from 'node:timers/promises';

/** Waits. As soon as the signal is aborted, throws its reason. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
}
