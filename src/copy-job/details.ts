import type { VerifiedBy } from '../image/index.ts';
import type { Fault } from './fault.ts';
import type { CopyPlan } from './request.ts';
import type { JobStatus } from './status.ts';

/** The step that a job is at within its status. `JobDetails.phase` is `null` once the job has ended. */
export type JobPhase = 'accept' | 'inspect' | 'prepare' | 'transfer' | 'commit' | 'discard' | 'close';

/**
 * A copy job, as the query `jobDetails`, the memo and every client show it. The first ten keys are those of
 * NTT ECL's "Get image copy job details".
 */
export interface JobDetails {
  readonly job_id: string;
  readonly status: JobStatus;
  /**
   * Percent, 0 to 100. It is 100 exactly if the status is `replicated`. It never goes down, with one
   * exception: a job that was terminated or reset shows the value that was on record, because nobody could
   * note how far its transfer had come.
   */
  readonly copy_progress: number;
  readonly source_image_id: string | null;
  readonly source_image_name: string | null;
  readonly source_region_id: string | null;
  readonly source_tenant_id: string | null;
  /** `null` until the destination has the image. */
  readonly destination_image_id: string | null;
  readonly destination_region_id: string | null;
  readonly destination_tenant_id: string | null;

  /** Present if the copy is one of a plain object: its ids are then paths. */
  readonly objects?: true;
  readonly destination_image_name: string | null;
  readonly phase: JobPhase | null;
  /** Bytes; `null` until the source was inspected. */
  readonly image_size: number | null;
  readonly bytes_copied: number;
  /** Lower-case hexadecimal digest of all bytes that went to the destination. */
  readonly sha512: string | null;
  /** The source's digest by which the copy was found to be equal; `null` until they were compared. */
  readonly verified_by: VerifiedBy | null;
  /** Present if no byte has passed through a worker: the destination's server has copied them by itself. */
  readonly copied_by?: 'server';
  /** Present if that server was asked to, and has refused: its reason, in a few words. */
  readonly server_refusal?: string;
  /** When the job was created; RFC 3339, as is `updated_at`. */
  readonly created_at: string;
  readonly updated_at: string;
  /** The reason why the job failed. */
  readonly fault: Fault | null;
  /** Bytes a second to which somebody has limited the job; absent, or `null`, if nobody has. */
  readonly bandwidth_limit?: number | null;
  readonly cancel: CancelRecord | null;
}

/**
 * The record of a cancel: who asked for it, how, and why. For a native one, the workflow's history names the
 * client.
 */
export interface CancelRecord {
  readonly via: 'signal' | 'update' | 'native';
  readonly reason: string | null;
  readonly requested_by: string | null;
  /** Present if the job did not wait until nothing of the copy was left. */
  readonly force?: true;
  readonly requested_at: string;
}

/** Returns the percentage of a copy that is done. Only a job that is `replicated` gets 100. */
export function copyProgress(status: JobStatus, bytes: number, size: number | null): number {
  if (status === 'replicated') return 100;
  if (size === null || size === 0) return 0;
  return Math.min(99, Math.floor((bytes * 100) / size));
}

/** Returns the details of a job for which nothing has been done yet. */
export function requestedDetails(jobId: string, plan: CopyPlan | null, now: Date): JobDetails {
  return {
    job_id: jobId,
    status: 'replicate_requested',
    copy_progress: 0,
    source_image_id: plan?.source.image_id ?? null,
    source_image_name: null,
    source_region_id: plan?.source.region ?? null,
    source_tenant_id: plan?.source.tenant_id ?? null,
    destination_image_id: null,
    destination_region_id: plan?.destination.region ?? null,
    destination_tenant_id: plan?.destination.tenant_id ?? null,
    ...(plan?.objects && { objects: plan.objects }),
    destination_image_name: plan?.destination.image_name ?? null,
    phase: 'accept',
    image_size: null,
    bytes_copied: 0,
    sha512: null,
    verified_by: null,
    created_at: now.toISOString(),
    updated_at: now.toISOString(),
    fault: null,
    cancel: null,
  };
}

/** The length to which a text is cut that a request holds and nobody has checked; characters. */
const MAX_ASKED = 255;

/**
 * Reads what is to be copied, and where to, from a request that nobody has checked. Leaves out everything
 * that is no text.
 */
export function askedDetails(request: unknown): Partial<JobDetails> {
  const text = (side: 'source' | 'destination', key: string): string | null => {
    const asked = (request as Partial<Record<string, Record<string, unknown> | null>> | null)?.[side]?.[key];
    return typeof asked === 'string' ? asked.slice(0, MAX_ASKED).toWellFormed() : null;
  };
  return {
    source_image_id: text('source', 'image_id'),
    source_region_id: text('source', 'region'),
    source_tenant_id: text('source', 'tenant_id'),
    destination_region_id: text('destination', 'region'),
    destination_tenant_id: text('destination', 'tenant_id') ?? text('source', 'tenant_id'),
    destination_image_name: text('destination', 'image_name'),
  };
}
