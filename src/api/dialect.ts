import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiConfig } from '../config/index.ts';
import type { Identity } from '../identity/index.ts';
import type { JobService } from '../job-service/index.ts';
import type { TaskService } from '../task-service/index.ts';

/** What a dialect has to work with. */
export interface DialectContext {
  readonly jobs: JobService;
  readonly tasks: TaskService;
  readonly identity: Identity;
  readonly config: ApiConfig;
  /** Of those that have images. */
  readonly regionNames: readonly string[];
}

/**
 * One API over the job service, or the task service: its routes, its schemas, its own errors. It is
 * registered in a scope of its own, so that its hooks and its error handler are nobody else's. A folder of
 * `src/api` each.
 */
export interface Dialect {
  readonly name: string;
  register(app: FastifyInstance, context: DialectContext): Promise<void>;
  /**
   * What it answers where a path of its own cannot be decoded, and none of its routes sees it; else it is a
   * 404.
   */
  readonly undecodable?: {
    readonly paths: RegExp;
    answer(request: FastifyRequest, reply: FastifyReply): FastifyReply;
  };
}
