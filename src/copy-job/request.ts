import { undecodableProblem } from './undecodable.ts';

/** Input of the workflow `copyImage`. Only the two regions and the source's image id are required. */
export interface CopyRequest {
  /**
   * Present if a plain object is to be copied. The image ids are then paths, and the destination's path
   * defaults to the source's path.
   */
  readonly objects?: true;
  readonly source: {
    readonly region: string;
    readonly image_id: string;
    /**
     * The tenant for whom the image is read. If absent, the job is an operator's, and may read every image.
     */
    readonly tenant_id?: string;
  };
  readonly destination: {
    readonly region: string;
    /** The image id of the copy; the id of the workflow's first run if absent. */
    readonly image_id?: string;
    /** The tenant that will own the copy; the source's tenant if absent. */
    readonly tenant_id?: string;
    /** The copy's name; the source's if absent. */
    readonly image_name?: string;
  };
}

/**
 * A checked request with a value for every field. A worker makes the plan, with defaults from its
 * configuration.
 */
export interface CopyPlan {
  readonly objects?: true;
  readonly source: { readonly region: string; readonly image_id: string; readonly tenant_id: string | null };
  readonly destination: {
    readonly region: string;
    readonly image_id: string;
    readonly tenant_id: string | null;
    readonly image_name: string | null;
  };
  /** The Task Queue of the transfer; of all steps if `short_task_queue` is absent. */
  readonly task_queue: string;
  /**
   * The Task Queue of the steps that move no image through a worker; absent in the plan of an earlier
   * version.
   */
  readonly short_task_queue?: string;
  /** The heartbeat timeout of the steps; milliseconds. */
  readonly heartbeat_timeout: number;
  /** How long a step may wait for a worker before the job fails with `no_worker`; milliseconds. */
  readonly no_worker_timeout: number;
}

/** Optional argument of the signal `cancel` and the update `requestCancel`. */
export interface CancelRequest {
  readonly reason?: string;
  readonly requested_by?: string;
  /** Ends the job at once. A workflow `cleanUp` then removes what is left of the copy. */
  readonly force?: true;
}

/** The length to which the texts of a request to cancel are cut; characters. */
const MAX_NOTE_LENGTH = 512;

/** A request to cancel, as it is recorded. */
export interface ParsedCancelRequest {
  readonly reason: string | null;
  readonly requested_by: string | null;
  readonly force?: true;
}

/** Returns the problem of a client's request to cancel; `null` if the request is valid. */
export function cancelRequestProblem(value: unknown): string | null {
  const undecodable = undecodableProblem(value);
  if (undecodable !== undefined) return `input: ${undecodable}`;
  if (value === undefined || value === null || typeof value === 'string') return null;
  if (typeof value !== 'object' || Array.isArray(value)) return 'input: has to be an object or a text';
  const { reason = null, requested_by = null, force = null } = value as Record<string, unknown>;
  if (reason !== null && typeof reason !== 'string') return 'reason: has to be a text';
  if (requested_by !== null && typeof requested_by !== 'string') return 'requested_by: has to be a text';
  if (force !== null && typeof force !== 'boolean') return 'force: has to be true or false';
  return null;
}

/**
 * Reads from a client's input who asks for a cancel, why, and whether by force. A bare string is the reason.
 * A malformed request is not refused: its problem is added to the reason.
 */
export function parseCancelRequest(value: unknown): ParsedCancelRequest {
  const isObject = typeof value === 'object' && value !== null;
  const { reason, requested_by, force } = (isObject ? value : { reason: value }) as Record<string, unknown>;
  const problem = cancelRequestProblem(value);
  const reasons = [note(reason), problem && `(not understood: ${problem})`].filter((text) => text !== null);
  return {
    reason: note(reasons.join(' ') || null),
    requested_by: note(requested_by),
    ...(force === true && { force }),
  };
}

function note(text: unknown): string | null {
  return typeof text === 'string' ? text.slice(0, MAX_NOTE_LENGTH).toWellFormed() : null;
}
