import type { FaultCode } from '../copy-job/index.ts';

/**
 * The codes of faults that the next object would meet as well: a store is away or full, or no worker is
 * there.
 */
const OF_ALL: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'unavailable',
  'lost',
  'stalled',
  'no_worker',
  'quota_exceeded',
]);

/**
 * Tells whether a fault that an object meets concerns the whole task, and ends it. Any other fault is the
 * object's own and is put on record.
 */
export function isFaultOfTask(code: FaultCode): boolean {
  return OF_ALL.has(code);
}
