import type { CancelRequest, CopyRequest, Fault, JobDetails, JobStatus } from '../copy-job/index.ts';
import type { UserCredential } from '../openstack/index.ts';

/** What is only known while a job runs, and why it may stand still. */
export interface JobView extends JobDetails {
  /** Attempts of the present step, the running one included. */
  readonly attempt: number | null;
  /** What the present step has met last. */
  readonly last_fault: Fault | null;
  /** RFC 3339. */
  readonly next_retry_at: string | null;
  /** In words, what the job is waiting for. */
  readonly waiting_for: string | null;
}

/** The caller who sees the jobs of all tenants, and may do everything. */
export const OPERATOR = 'operator';

/** Who asks: a tenant, who sees its own jobs only, or the operator. */
export type Caller = { readonly tenant_id: string } | typeof OPERATOR;

export interface StartOptions {
  /** The same key, tenant and region give the same job, as long as Temporal keeps it. */
  readonly idempotency_key?: string;
  /** Which of our faces the request came to: keys of one are not keys of another. */
  readonly dialect: string;
  /** The caller's own: the source is looked up with it, and then it is forgotten. */
  readonly credential?: UserCredential;
}

export interface ListQuery {
  readonly status?: JobStatus;
  /** Only jobs that were cancelled by force, and whose clean-up goes on. */
  readonly cleaning?: true;
  readonly limit?: number;
  /** From an earlier page with the same caller and status. */
  readonly marker?: string;
}

export interface JobPage {
  readonly jobs: readonly JobView[];
  readonly next_marker: string | null;
}

/** Copy jobs, as everything outside of Temporal sees them. Every method throws `JobError`. */
export interface JobService {
  /** Of images only. Looks at the source image, then starts a job; its id is also the copy's image id. */
  start(
    caller: Caller,
    request: Omit<CopyRequest, 'objects'>,
    options: StartOptions,
  ): Promise<{ readonly job_id: string }>;
  /** The job as it stands, with or without a worker. */
  show(caller: Caller, jobId: string): Promise<JobView>;
  /**
   * The job that makes, or has made, an image at a destination, of plain objects none. Throws `not_found`
   * where no job of the caller's does.
   */
  findByDestination(caller: Caller, imageId: string): Promise<JobView>;
  /** Whether a tenant has an image to see in any of its regions, whoever made it. */
  imageExists(tenantId: string, imageId: string, credential?: UserCredential): Promise<boolean>;
  /** The caller's jobs; without a limit the newest 1,000. */
  list(caller: Caller, query?: ListQuery): Promise<JobPage>;
  /**
   * Asks for a cancel; returns when it was accepted. Throws `conflict` where it comes too late. One by force
   * may follow another one.
   */
  cancel(caller: Caller, jobId: string, request: CancelRequest): Promise<void>;
  /** A new job with the same request as one that has ended. */
  retry(caller: Caller, jobId: string): Promise<{ readonly job_id: string }>;
  /** Throws where Temporal does not answer. */
  check(): Promise<void>;
}
