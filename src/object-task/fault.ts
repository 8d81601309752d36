import type { FaultCode } from '../copy-job/index.ts';

/**
 * The codes of faults that the next object would have too: a store is full or does not answer, or there is no
 * worker.
 */
const TASK_FAULTS: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'unavailable',
  'lost',
  'stalled',
  'no_worker',
  'quota_exceeded',
]);

/**
 * Tells whether a fault at one object concerns the whole task. Such a fault can end the task. Any other fault
 * concerns only the object, and is put on record.
 */
export function isFaultOfTask(code: FaultCode): boolean {
  return TASK_FAULTS.has(code);
}
