import type { FastifyInstance } from 'fastify';
import type { ApiConfig, TenantLimits } from '../config/index.ts';
import type { Identity } from '../identity/index.ts';
import type { JobService } from '../job-service/index.ts';
import type { TaskService } from '../task-service/index.ts';
import type { Admission } from './caller/index.ts';
import type { ProblemKind } from './problem.ts';

/** Everything that the routes of a dialect use. */
export interface DialectContext {
  readonly jobs: JobService;
  readonly tasks: TaskService;
  readonly identity: Identity;
  readonly config: ApiConfig;
  /** Returns the names of the regions that have images at present. */
  regionNames(): readonly string[];
  readonly limitsOf: (tenantId: string) => TenantLimits;
  /**
   * Runs the work of a request. The calls of this work to Temporal have short time limits, and end when
   * `signal` is aborted.
   * @param id the id of the request, as its client sees it
   */
  forRequest<T>(signal: AbortSignal, work: () => Promise<T>, id?: string): Promise<T>;
}

/** The context with which a dialect is registered. */
export interface RegisterContext extends DialectContext {
  readonly admit: Admission;
}

/**
 * One vendor API: its routes, its schemas and its errors, on top of the job service or the task service. A
 * dialect has a Fastify scope of its own, so that its hooks and its error handler affect no other dialect.
 * Each dialect is a folder in `src/api`.
 */
export interface Dialect {
  readonly name: string;
  /** The OpenAPI tag of its calls. */
  readonly tag: { readonly name: string; readonly description: string };
  register(app: FastifyInstance, context: RegisterContext): Promise<void>;
  /** Matches the paths of its calls. */
  readonly paths: RegExp;
  /** Returns the answer to a request that cannot be parsed, and therefore reaches no route. */
  answerUnrouted(
    problem: { readonly kind: ProblemKind; readonly message: string },
    requestId: string,
  ): UnroutedAnswer;
}

/** An answer that is sent without a Fastify route. */
export interface UnroutedAnswer {
  readonly status: number;
  /** The headers, without `Connection` and `Content-Length`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}
