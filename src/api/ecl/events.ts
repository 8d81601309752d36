import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type, { type TSchema } from 'typebox';
import { isFinal } from '../../copy-job/index.ts';
import type { JobService, JobView } from '../../job-service/index.ts';
import { EventStreams, type StateEvent } from '../events/index.ts';
import { EventHeaders, Job, JobParams, RequestId } from './schemas.ts';

interface EventsContext {
  readonly jobs: JobService;
  /** The path of the jobs. */
  readonly path: string;
  /** The part of the OpenAPI description that all calls of the dialect share. */
  readonly documented: object;
  /** The schemas of the answers to all problems of a request for events. */
  readonly problems: Readonly<Record<number, TSchema>>;
  /** Returns the tenant of a request's sender. */
  tenantOf(request: FastifyRequest): string;
  /** Returns the largest number of streams that a tenant may have at the same time. */
  limitOf(tenantId: string): number;
}

const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store',
  // An idle connection would keep a stopping process from ending.
  Connection: 'close',
  // By default, nginx would hold events back until its buffer is full.
  'X-Accel-Buffering': 'no',
};

/**
 * Adds the call that sends every change of a job as an event. It is an extension: NTT's documentation has no
 * such call.
 */
export function addEventsRoute(
  scope: FastifyInstance,
  { jobs, path, documented, problems, tenantOf, limitOf }: EventsContext,
): void {
  const streams = new EventStreams();
  scope.addHook('preClose', async () => streams.close());
  scope.withTypeProvider<TypeBoxTypeProvider>().get(
    `${path}/:job_id/events`,
    {
      // By default, this handler would also serve HEAD, and the answer to HEAD would never end.
      exposeHeadRoute: false,
      config: { isStream: true },
      schema: {
        ...documented,
        operationId: 'followImageCopyJob',
        summary: 'Follow an image copy job',
        description: 'Sends the state of a job at once, and again whenever it changes, until it has ended.',
        params: JobParams,
        headers: EventHeaders,
        response: {
          200: {
            description: 'Server-sent events. The data of each one is the job, as one line of JSON.',
            headers: RequestId,
            content: { 'text/event-stream': { schema: Type.Unsafe<Readable>(Type.String()) } },
          },
          204: {
            ...Type.Null(),
            description: 'The job has ended, and the client has its last state.',
            headers: RequestId,
          },
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const tenant_id = tenantOf(request);
      const lastId = request.headers['last-event-id'];
      const stream = streams.open(tenant_id, limitOf(tenant_id), lastId);
      try {
        const eventOf = (view: JobView) => stateOf(view, (job) => reply.serializeInput({ ...job }, DATA));
        const tell = (view: JobView | null) => (view === null ? stream.end() : stream.tell(eventOf(view)));
        const { view, leave } = await jobs.follow({ tenant_id }, request.params.job_id, tell);
        stream.once('close', leave);
        const first = eventOf(view);
        if (first.isLast && first.id === lastId) {
          stream.destroy();
          // Only 204 tells a browser's EventSource not to reconnect (WHATWG HTML, section 9.2).
          return await reply.code(204).send(null);
        }
        stream.tell(first);
      } catch (error) {
        stream.destroy();
        throw error;
      }
      return reply.headers(STREAM_HEADERS).send(stream);
    },
  );
}

/** The schema of an event's data, copied into a plain object: Fastify's types accept no `TObject` here. */
const DATA = { ...Job } as const satisfies Record<string, unknown>;
const states = new WeakMap<JobView, StateEvent>();

/** Returns the event for a view of a job. All followers that get the same view share one event. */
function stateOf(view: JobView, serialize: (view: JobView) => string | ArrayBuffer | Buffer): StateEvent {
  const known = states.get(view);
  if (known !== undefined) return known;
  const data = String(serialize(view));
  const id = createHash('sha256').update(data).digest('base64url').slice(0, 22);
  const state = { id, data, isLast: isFinal(view.status) };
  states.set(view, state);
  return state;
}
