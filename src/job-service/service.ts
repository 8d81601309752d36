import type { CancelRequest, CopyRequest, Fault, JobDetails, JobStatus } from '../copy-job/index.ts';
import type { UserCredential } from '../openstack/index.ts';

/** A job, with the fields that are known only while it runs. */
export interface JobView extends JobDetails {
  /** The number of the present step's attempt, which begins at 1; `null` if no step is pending. */
  readonly attempt: number | null;
  /** The last fault of the present step. */
  readonly last_fault: Fault | null;
  /**
   * The time of the next attempt at the present step, in RFC 3339; `null` if the step is not waiting for one.
   */
  readonly next_retry_at: string | null;
  /** What the job is waiting for, in words. */
  readonly waiting_for: string | null;
  /** The name of the bandwidth limit that slows the transfer down now; `null` if none does. */
  readonly held_back_by: string | null;
  /**
   * `true` if the job is paused: it keeps its status, and nothing moves until it is resumed. A list does not
   * show the pause of a step alone.
   */
  readonly paused: boolean;
  /** The record of the pause; `null` if the job is not paused, and always `null` in a list. */
  readonly pause: Pause | null;
}

/** A request to pause a job, or to resume it: who asks for it, and why. */
export interface PauseRequest {
  readonly requested_by: string;
  readonly reason?: string;
}

/** The record of a pause: by whom (the identity of the Temporal client), why, and when (RFC 3339). */
export interface Pause {
  readonly by: string | null;
  readonly reason: string | null;
  readonly at: string | null;
}

/** The caller who sees the jobs of all tenants and may do everything. */
export const OPERATOR = 'operator';

/** The caller: a tenant, who sees only its own jobs, or the operator. */
export type Caller = { readonly tenant_id: string } | typeof OPERATOR;

/** The options of `JobService.start`. */
export interface StartOptions {
  /**
   * Calls of `start` with the same key, tenant, dialect and destination region return the same job, as long
   * as Temporal keeps its record.
   */
  readonly idempotency_key?: string;
  /** The dialect of the request. The same key in two dialects is not the same key. */
  readonly dialect: string;
  /** The caller's own credential, with which the source is looked up. It is not stored. */
  readonly credential?: UserCredential;
}

/** The options of `JobService.list`: which jobs are listed, and how many. */
export interface ListQuery {
  readonly status?: JobStatus;
  /** Lists only jobs that were cancelled by force and are still being cleaned up. */
  readonly cleaning?: true;
  readonly limit?: number;
  /** The marker of an earlier page with the same caller, `status` and `cleaning`. */
  readonly marker?: string;
}

/** A page of a list of jobs. */
export interface JobPage {
  readonly jobs: readonly JobView[];
  /** The marker of the next page; `null` on the last page. */
  readonly next_marker: string | null;
}

/** A job that somebody follows. */
export interface JobFollowing {
  /** The job as it was last read. */
  readonly view: JobView;
  /** Stops following the job. MUST be called once, whatever has happened to the job. */
  leave(): void;
}

/** Manages copy jobs, for code that knows nothing of Temporal. Every method MAY throw `JobError`. */
export interface JobService {
  /**
   * Looks at the source image, and starts a job that copies it. The copy has the job's id as its image id,
   * unless that id becomes unusable. Plain objects cannot be copied in this way.
   */
  start(
    caller: Caller,
    request: Omit<CopyRequest, 'objects'>,
    options: StartOptions,
  ): Promise<{ readonly job_id: string }>;
  /** Returns the present state of a job. No worker needs to run. */
  show(caller: Caller, jobId: string): Promise<JobView>;
  /**
   * Follows a job until it has ended. The job is read once a second, for all its followers together.
   * @param tell called with the job after each look, even if nothing has changed. Called with `null` if the
   * job's record was deleted. Not called after the job's final state. MUST NOT throw.
   */
  follow(caller: Caller, jobId: string, tell: (view: JobView | null) => void): Promise<JobFollowing>;
  /**
   * Returns the job that makes, or has made, an image at a destination. Throws `not_found` if the caller has
   * no such job, or if the job copies plain objects.
   */
  findByDestination(caller: Caller, imageId: string): Promise<JobView>;
  /** Tells whether a tenant can see an image in any region, whoever made it. */
  imageExists(tenantId: string, imageId: string, credential?: UserCredential): Promise<boolean>;
  /**
   * Lists the caller's jobs: first those that run, then those that have ended, each from the newest to the
   * oldest. A page has at most 1,000 jobs.
   */
  list(caller: Caller, query?: ListQuery): Promise<JobPage>;
  /**
   * Requests a cancel. Returns when the cancel is accepted, before the job has ended. Throws `conflict` if it
   * is too late to cancel. A cancel by force MAY follow an earlier cancel.
   */
  cancel(caller: Caller, jobId: string, request: CancelRequest): Promise<void>;
  /**
   * Limits the bandwidth of a job, even while it is running. Throws `conflict` if the job has ended.
   * @param rate bytes a second; `null` for no limit
   */
  limit(caller: Caller, jobId: string, rate: number | null): Promise<void>;
  /**
   * Pauses a job: nothing moves until it is resumed. Throws `conflict` if the job has ended or is being
   * cancelled, or if Temporal cannot pause it now. Does nothing to a job that is paused already.
   */
  pause(caller: Caller, jobId: string, request: PauseRequest): Promise<void>;
  /** Lets a paused job go on. MAY be called for a job that is not paused. */
  resume(caller: Caller, jobId: string, request: PauseRequest): Promise<void>;
  /**
   * Deletes the record of a job that has ended; its image stays. Throws `conflict` if the job has not ended,
   * or if the clean-up after a cancel by force is still running.
   */
  delete(caller: Caller, jobId: string): Promise<void>;
  /** Starts a new job with the request of a job that has ended. */
  retry(caller: Caller, jobId: string): Promise<{ readonly job_id: string }>;
  /** Throws if Temporal does not answer. */
  check(): Promise<void>;
}
