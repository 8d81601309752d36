import type { VerifiedBy } from '../image/index.ts';
import { JOB_MEMO } from './contract.ts';
import type { Fault } from './fault.ts';
import type { CopyPlan } from './request.ts';
import type { JobStatus } from './status.ts';

/** The step that a job is doing. `JobDetails.phase` is `null` once the job has ended. */
export type JobPhase = 'accept' | 'inspect' | 'prepare' | 'transfer' | 'commit' | 'discard' | 'close';

/**
 * The details of a copy job, which the query `jobDetails` returns and the memo contains. The first ten keys
 * are those of NTT ECL's "Get image copy job details".
 */
export interface JobDetails {
  readonly job_id: string;
  readonly status: JobStatus;
  /**
   * Percent, 0 to 100. It is 100 if, and only if, the status is `replicated`. It never decreases, with one
   * exception: a job that was terminated or reset shows the value on record. The last heartbeat may have said
   * more.
   */
  readonly copy_progress: number;
  readonly source_image_id: string | null;
  readonly source_image_name: string | null;
  readonly source_region_id: string | null;
  readonly source_tenant_id: string | null;
  /** `null` before the destination has the image, and once the job has failed or was cancelled. */
  readonly destination_image_id: string | null;
  readonly destination_region_id: string | null;
  readonly destination_tenant_id: string | null;

  /** Present if the job copies a plain object: its image ids are then paths. */
  readonly objects?: true;
  readonly destination_image_name: string | null;
  readonly phase: JobPhase | null;
  /** Bytes; `null` until the source was inspected. */
  readonly image_size: number | null;
  readonly bytes_copied: number;
  /** Lower-case hexadecimal digest of all bytes that went to the destination. */
  readonly sha512: string | null;
  /** The kind of digest by which the copy was found equal to its source; `null` before they were compared. */
  readonly verified_by: VerifiedBy | null;
  /**
   * Present if the destination's server has copied the bytes by itself. No byte has then passed through a
   * worker.
   */
  readonly copied_by?: 'server';
  /** Why the destination's server refused to copy the bytes, in a few words. Absent if it did not refuse. */
  readonly server_refusal?: string;
  /** When the job was created. Both this time and `updated_at` are in RFC 3339. */
  readonly created_at: string;
  readonly updated_at: string;
  /** The reason why the job failed. */
  readonly fault: Fault | null;
  /** The bandwidth limit of the job; bytes a second; absent or `null` if the job has none. */
  readonly bandwidth_limit?: number | null;
  readonly cancel: CancelRecord | null;
}

/**
 * The record of a cancel: who asked for it, how, and why. `native` is Temporal's own cancellation: then only
 * the workflow's history names the client.
 */
export interface CancelRecord {
  readonly via: 'signal' | 'update' | 'native';
  readonly reason: string | null;
  readonly requested_by: string | null;
  /** Present if the job was cancelled by force. */
  readonly force?: true;
  readonly requested_at: string;
}

/**
 * Returns the details in a workflow's memo; `undefined` if it has none. A job of an earlier version may have
 * fewer fields there.
 */
export function jobInMemo(
  memo: Readonly<Record<string, unknown>> | undefined,
): Partial<JobDetails> | undefined {
  return (memo?.[JOB_MEMO] ?? undefined) as Partial<JobDetails> | undefined;
}

/** Returns how much of a copy is done; percent. Only a job that is `replicated` has 100. */
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

/** The length to which the texts of an unchecked request are cut; characters. */
const MAX_ASKED = 255;

/**
 * Reads the source and the destination of the copy from an unchecked request. A field that is not a text
 * becomes `null`.
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
