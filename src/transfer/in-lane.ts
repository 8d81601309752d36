import { StoreError } from '../stores/index.ts';
import type { Lanes } from './lane.ts';

/** Takes a lane and makes one request in it. When the request has ended, reports `bytes` as moved. */
export async function inLane<T>(
  lanes: Lanes,
  signal: AbortSignal,
  bytes: number,
  request: () => Promise<T>,
): Promise<T> {
  const lane = await lanes.take(signal, 'at end');
  try {
    const result = await request();
    lane.moved(bytes);
    return result;
  } catch (error) {
    if (error instanceof StoreError) lane.failed(error);
    throw error;
  } finally {
    lane.release();
  }
}
