import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import Value from 'typebox/value';
import type { Principal } from '../../identity/index.ts';
import { JobError, type JobView } from '../../job-service/index.ts';
import { bceAuthV1 } from '../../signatures/index.ts';
import { schemaProblems } from '../../text/index.ts';
import { requireCaller } from '../caller/index.ts';
import type { Dialect, RegisterContext } from '../dialect.ts';
import { type ProblemKind, RequestProblem } from '../problem.ts';
import { describeAnswers } from '../responses.ts';
import { sourceRegion } from '../source-region.ts';
import { refuseUnknownCalls } from '../unknown-calls.ts';
import {
  answerError,
  answerRefusal,
  answerUnrouted,
  ERROR_ANSWERS,
  JSON_TYPE,
  nameRequest,
} from './errors.ts';
import { imageStatus } from './image-status.ts';
import { startRemoteCopies } from './remote-copy.ts';
import {
  ActionAnswer,
  ActionQuerystring,
  ErrorBody,
  ImageDetail,
  ImageParams,
  RemoteCopyBody,
  RequestId,
} from './schemas.ts';

const IMAGE = '/v:version(^[0-9]{1,3}$)/image/:imageId';
const tag = { name: 'Baidu BCC', description: 'Baidu: remote copies of images, identified by the images.' };
const documented = { tags: [tag.name], security: [{ signature: [] }, { token: [] }] };
const errors = (...kinds: ProblemKind[]) =>
  ({
    ...describeAnswers(ERROR_ANSWERS, ErrorBody, RequestId, ['unknown_call', ...kinds]),
    403: {
      ...ErrorBody,
      description: 'The caller could not be authenticated, or may not do this.',
      headers: RequestId,
    },
  }) as const;

/**
 * The remote copies of images of Baidu's BCC, as its documentation and its own SDKs define them. A remote
 * copy is identified by the id of the image that it makes at the destination.
 * @see https://cloud.baidu.com/doc/BCC/s/rly3sedxb-en
 * @see https://cloud.baidu.com/doc/BCC/s/Uly3sedm1-en
 */
export const bccDialect: Dialect = {
  name: 'bcc',
  tag,
  paths: /^\/v[^/]*\/image\//,
  register,
  answerUnrouted,
};

async function register(scope: FastifyInstance, context: RegisterContext): Promise<void> {
  const { jobs, identity, config, regionNames, admit } = context;
  const app = scope.withTypeProvider<TypeBoxTypeProvider>();
  app.setErrorHandler(answerError);
  app.addHook('onRequest', async (request, reply) => {
    nameRequest(request, reply);
  });
  const callerOf = requireCaller(scope, { identity, admit, scheme: bceAuthV1, refuse: answerRefusal });
  const copyingCallerOf = (request: FastifyRequest): Principal => {
    const caller = callerOf(request);
    if (caller.may_copy) return caller;
    throw new JobError('forbidden', 'your roles allow you to look at images, not to copy them');
  };

  await refuseUnknownCalls(app, '/v:version/image');

  const cancelRemoteCopy = async (caller: Principal, imageId: string): Promise<void> => {
    const { tenant_id, credential } = caller;
    const job = await jobs.findByDestination(caller, imageId).catch((error) => {
      if (error instanceof JobError && error.code === 'not_found') return null;
      throw error;
    });
    if (job !== null) {
      assertImage(job, imageId);
      return jobs.cancel(caller, job.job_id, { requested_by: `tenant ${tenant_id}` });
    }
    const isThere = await jobs.imageExists(tenant_id, imageId, credential);
    throw new JobError(isThere ? 'conflict' : 'not_found', `image ${imageId} is not being copied`);
  };

  app.post(
    IMAGE,
    {
      config: { optionalBody: RemoteCopyBody },
      schema: {
        ...documented,
        operationId: 'copyOrCancelRemoteCopy',
        summary: 'Copy an image to other regions (remoteCopy), or cancel such a copy (cancelRemoteCopy)',
        description: 'The query names the action. Only remoteCopy has a body.',
        params: ImageParams,
        querystring: ActionQuerystring,
        response: {
          200: {
            ...ActionAnswer,
            description: 'The copies; for cancelRemoteCopy, nothing.',
            headers: RequestId,
          },
          ...errors(
            'invalid',
            'malformed_json',
            'read_only',
            'image_not_found',
            'image_conflict',
            'wrong_status',
            'quota_exceeded',
            'key_reused',
          ),
        },
      },
    },
    async (request, reply) => {
      const caller = copyingCallerOf(request);
      const { imageId } = request.params;
      const { remoteCopy, cancelRemoteCopy: cancel, clientToken } = request.query;
      const namesOneAction = (remoteCopy === undefined) !== (cancel === undefined);
      if (!namesOneAction) {
        const message = 'the query has to name one action: remoteCopy or cancelRemoteCopy';
        throw new RequestProblem('unknown_call', message);
      }
      reply.type(JSON_TYPE);
      if (cancel !== undefined) {
        await cancelRemoteCopy(caller, imageId);
        return reply.send('');
      }
      const copy = {
        ...remoteCopyBody(request.body),
        imageId,
        sourceRegion: sourceRegion(request.hostname, config, regionNames()),
        ...(clientToken !== undefined && { clientToken }),
      };
      return reply.send({ result: await startRemoteCopies(jobs, caller, copy, request) });
    },
  );

  app.get(
    IMAGE,
    {
      schema: {
        ...documented,
        operationId: 'showImage',
        summary: 'Show an image that a remote copy makes, or has made',
        description: 'Shows the image that a copy makes. It can be shown as soon as the copy is ordered.',
        params: ImageParams,
        response: {
          200: { ...ImageDetail, description: 'The image.', headers: RequestId },
          ...errors('image_not_found'),
        },
      },
    },
    async (request, reply) => {
      const { imageId } = request.params;
      const job = await jobs.findByDestination(callerOf(request), imageId);
      assertImage(job, imageId);
      return reply.type(JSON_TYPE).send({ image: toImage(job, imageId) });
    },
  );
}

/** Throws `not_found` if the job makes no image (any more). */
function assertImage(job: JobView, imageId: string): void {
  if (imageStatus(job) === null) throw new JobError('not_found', `no job makes an image ${imageId}`);
}

/** Checks the body, and returns its known keys. */
function remoteCopyBody(body: unknown): Static<typeof RemoteCopyBody> {
  const given = body ?? {};
  const [first] = schemaProblems(RemoteCopyBody, given, Value.Errors(RemoteCopyBody, given));
  if (first !== undefined) throw new JobError('invalid', `${first.path || 'body'}: ${first.problem}`);
  const { name, destRegion } = given as Static<typeof RemoteCopyBody>;
  return { destRegion, ...(name !== undefined && { name }) };
}

function toImage(job: JobView, imageId: string): Static<typeof ImageDetail>['image'] {
  return {
    id: job.destination_image_id ?? imageId,
    name: job.destination_image_name ?? job.source_image_name ?? '',
    type: 'Custom',
    status: imageStatus(job) ?? '',
    desc: job.fault?.message ?? '',
    createTime: `${job.created_at.slice(0, 19)}Z`,
  };
}
