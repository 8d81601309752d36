import type { FaultCode } from '../copy-job/index.ts';

/** What the next object would meet as well: a store that is away or full, or nobody who works. */
const OF_ALL: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'unavailable',
  'lost',
  'stalled',
  'no_worker',
  'quota_exceeded',
]);

/**
 * Whether a fault that an object meets is the task's, which it ends. Any other is the object's own, and put
 * on record.
 */
export function isFaultOfTask(code: FaultCode): boolean {
  return OF_ALL.has(code);
}
