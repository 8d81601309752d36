import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type, { type TSchema } from 'typebox';
import type { JobService } from '../../job-service/index.ts';
import { JobParams, PauseBody, RequestId } from './schemas.ts';

interface PauseContext {
  readonly jobs: JobService;
  /** The path of the jobs. */
  readonly path: string;
  /** The part of the OpenAPI description that all calls of the dialect share. */
  readonly documented: object;
  /** The schemas of the answers to all problems of a request to pause or resume a job. */
  readonly problems: Readonly<Record<number, TSchema>>;
  /** Returns the tenant of a request's sender. Throws if the sender may not start or cancel jobs. */
  tenantOf(request: FastifyRequest): string;
}

const body = Type.Union([PauseBody, Type.Null()]);

/**
 * Adds the calls that pause and resume a job. They are an extension: NTT's documentation has no such calls.
 */
export function addPauseRoutes(
  scope: FastifyInstance,
  { jobs, path, documented, problems, tenantOf }: PauseContext,
): void {
  const app = scope.withTypeProvider<TypeBoxTypeProvider>();
  const add = (name: 'pause' | 'resume', operationId: string, summary: string, description: string) =>
    app.post(
      `${path}/:job_id/${name}`,
      {
        config: { optionalBody: body },
        schema: {
          ...documented,
          operationId,
          summary,
          description: `${description} The body is optional; it may give a reason.`,
          params: JobParams,
          body,
          response: { 204: { ...Type.Null(), description, headers: RequestId }, ...problems },
        },
      },
      async (request, reply) => {
        const tenant_id = tenantOf(request);
        const reason = request.body?.reason;
        await jobs[name]({ tenant_id }, request.params.job_id, {
          requested_by: `tenant ${tenant_id}`,
          ...(reason !== undefined && { reason }),
        });
        return reply.code(204).send(null);
      },
    );
  add(
    'pause',
    'pauseImageCopyJob',
    'Pause an image copy job',
    "Pauses the job and its current step. To resume it with Temporal's own command, unpause both.",
  );
  add(
    'resume',
    'resumeImageCopyJob',
    'Resume an image copy job',
    "Resumes the job, whether it was paused by this API, by the command line or by Temporal's own command.",
  );
}
