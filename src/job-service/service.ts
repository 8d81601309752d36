import type { CancelRequest, CopyRequest, Fault, JobDetails, JobStatus } from '../copy-job/index.ts';
import type { UserCredential } from '../openstack/index.ts';

/** A job with what is known only while it runs. */
export interface JobView extends JobDetails {
  /**
   * The number of attempts at the present step, with the one that is running; `null` if no step is pending.
   */
  readonly attempt: number | null;
  /** The last fault that the present step has met. */
  readonly last_fault: Fault | null;
  /** In RFC 3339. */
  readonly next_retry_at: string | null;
  /** What the job is waiting for, in words. */
  readonly waiting_for: string | null;
  /** The name of the limit of bandwidth that holds the transfer back now; `null` if none does. */
  readonly held_back_by: string | null;
  /** `true` if somebody has paused it: it keeps its status, and nothing moves until it is resumed. */
  readonly paused: boolean;
  /** `null` if it is not paused. A list tells only that a job's workflow is paused, and not who did it. */
  readonly pause: Pause | null;
}

/** Somebody's request to pause a job, or to end its pause, with the reason. */
export interface PauseRequest {
  readonly requested_by: string;
  readonly reason?: string;
}

/** The record of a pause: who asked for it, as Temporal knows its clients, why, and when (RFC 3339). */
export interface Pause {
  readonly by: string | null;
  readonly reason: string | null;
  readonly at: string | null;
}

/** The caller who sees the jobs of all tenants and may do everything. */
export const OPERATOR = 'operator';

/** The caller: a tenant, who sees only its own jobs, or the operator. */
export type Caller = { readonly tenant_id: string } | typeof OPERATOR;

export interface StartOptions {
  /**
   * With the same key, tenant and destination region, `start` returns the same job for as long as Temporal
   * keeps it.
   */
  readonly idempotency_key?: string;
  /** The dialect of the request. Each dialect has idempotency keys of its own. */
  readonly dialect: string;
  /** The caller's own credential. The source is looked up with it, and it is not kept. */
  readonly credential?: UserCredential;
}

export interface ListQuery {
  readonly status?: JobStatus;
  /** Lists only jobs that were cancelled by force and are still being cleaned up. */
  readonly cleaning?: true;
  readonly limit?: number;
  /** The marker of an earlier page with the same caller and status. */
  readonly marker?: string;
}

export interface JobPage {
  readonly jobs: readonly JobView[];
  readonly next_marker: string | null;
}

/** A job that somebody follows. */
export interface JobFollowing {
  /** The job as it was seen last. */
  readonly view: JobView;
  /** Ends the following. MUST be called once, whatever has happened to the job. */
  leave(): void;
}

/** Copy jobs, as everything outside of Temporal sees them. Every method throws `JobError`. */
export interface JobService {
  /**
   * Looks at the source image, then starts a job that copies it. The job's id is also the image id of the
   * copy. Plain objects cannot be copied by this call.
   */
  start(
    caller: Caller,
    request: Omit<CopyRequest, 'objects'>,
    options: StartOptions,
  ): Promise<{ readonly job_id: string }>;
  /** Returns a job as it stands at present, whether or not a worker is running. */
  show(caller: Caller, jobId: string): Promise<JobView>;
  /**
   * Follows a job until it has ended. All followers of a job share one look at it a second, which ends when
   * the last of them has left. While Temporal does not answer, nothing is told.
   * @param tell takes what each further look has seen, also if nothing has changed, and `null` if the record
   * of the job was deleted. MUST NOT throw. Nothing is told after the job's last state.
   */
  follow(caller: Caller, jobId: string, tell: (view: JobView | null) => void): Promise<JobFollowing>;
  /**
   * Returns the job that makes, or has made, an image at a destination. Does not find copies of plain
   * objects. Throws `not_found` if no job of the caller's makes the image.
   */
  findByDestination(caller: Caller, imageId: string): Promise<JobView>;
  /** Tells whether a tenant can see an image in any of its regions, whoever made it. */
  imageExists(tenantId: string, imageId: string, credential?: UserCredential): Promise<boolean>;
  /** Lists the caller's jobs, running ones first, and then the newest; without a limit, the first 1,000. */
  list(caller: Caller, query?: ListQuery): Promise<JobPage>;
  /**
   * Asks for a cancel, and returns when it has been accepted. Throws `conflict` if it comes too late. A
   * cancel by force may follow an earlier cancel.
   */
  cancel(caller: Caller, jobId: string, request: CancelRequest): Promise<void>;
  /**
   * Limits the bandwidth of a job, also of one that is running; bytes a second, or `null` for no limit.
   * Throws `conflict` if the job has ended.
   */
  limit(caller: Caller, jobId: string, rate: number | null): Promise<void>;
  /**
   * Pauses a job: nothing moves until it is resumed. Throws `conflict` if the job has ended or is being
   * cancelled, or if Temporal cannot pause it now. Does nothing to a job that is paused already.
   */
  pause(caller: Caller, jobId: string, request: PauseRequest): Promise<void>;
  /** Lets a paused job go on where it was. Does nothing to a job that is not paused. */
  resume(caller: Caller, jobId: string, request: PauseRequest): Promise<void>;
  /**
   * Deletes the record of a job that has ended; its image stays. Throws `conflict` if the job goes on, or the
   * clean-up after a cancel by force does.
   */
  delete(caller: Caller, jobId: string): Promise<void>;
  /** Starts a new job with the request of a job that has ended. */
  retry(caller: Caller, jobId: string): Promise<{ readonly job_id: string }>;
  /** Throws if Temporal does not answer. */
  check(): Promise<void>;
}
