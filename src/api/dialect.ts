import type { FastifyInstance } from 'fastify';
import type { ApiConfig, TenantLimits } from '../config/index.ts';
import type { Identity } from '../identity/index.ts';
import type { JobService } from '../job-service/index.ts';
import type { TaskService } from '../task-service/index.ts';
import type { Admission } from './caller/index.ts';
import type { ProblemKind } from './problem.ts';

/** Everything that the routes of a dialect work with. */
export interface DialectContext {
  readonly jobs: JobService;
  readonly tasks: TaskService;
  readonly identity: Identity;
  readonly config: ApiConfig;
  /** The regions that have images. */
  readonly regionNames: readonly string[];
  readonly limitsOf: (tenantId: string) => TenantLimits;
  /**
   * Runs work for a request. The services end it soon after `signal` is aborted, and never wait longer than
   * the sender of a request would.
   */
  forRequest<T>(signal: AbortSignal, work: () => Promise<T>, id?: string): Promise<T>;
}

/** The context of a dialect with what the facade adds. */
export interface OpenContext extends DialectContext {
  readonly admit: Admission;
}

/**
 * An API over the job service or the task service, with its routes, its schemas and its words for problems.
 * It is registered in a scope of its own, so that its hooks and its error handler affect no other dialect.
 * Each one has a folder in `src/api`.
 */
export interface Dialect {
  readonly name: string;
  /** The group of its calls in the description of the API. */
  readonly tag: { readonly name: string; readonly description: string };
  register(app: FastifyInstance, context: OpenContext): Promise<void>;
  /** The paths of its calls. */
  readonly paths: RegExp;
  /** Tells a problem of a request that no route sees, because it cannot be read. */
  tell(problem: { readonly kind: ProblemKind; readonly message: string }, requestId: string): PlainAnswer;
}

/** An answer that is not sent by Fastify. */
export interface PlainAnswer {
  readonly status: number;
  /** The headers, without those of the connection and of the body's length. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}
