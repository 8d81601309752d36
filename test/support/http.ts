import { request } from 'undici';
import { isFinal } from '../../src/copy-job/index.ts';
import type { JobView } from '../../src/job-service/index.ts';
import type { Deployment } from './deployment.ts';
import { until } from './until.ts';

export const JOBS = '/v2/extension/image_replicator/jobs';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body; empty for a stream of events, which may never end. */
  readonly text: string;
}

export interface Call {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent as it is; everything else is sent as JSON. */
  readonly body?: unknown;
}

/** Sends a request. Does not reject because of a status. */
export async function send(url: string, call: Call = {}): Promise<Answer> {
  const { method = 'GET', token, headers = {}, body } = call;
  const answer = await request(url, {
    method,
    headers: {
      ...(token !== undefined && { 'x-auth-token': token }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const { statusCode: status, headers: told } = answer;
  if (String(told['content-type']).startsWith('text/event-stream')) {
    answer.body.on('error', () => {}).destroy();
    return { status, headers: told, text: '' };
  }
  return { status, headers: told, text: await answer.body.text() };
}

/** A client of the ECL dialect for one tenant. */
export interface EclClient {
  copy(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  show(jobId: string): Promise<Answer>;
  list(query?: string): Promise<Answer>;
  cancel(jobId: string): Promise<Answer>;
  /** Starts a job, which MUST be accepted, and returns its id. */
  start(body: unknown, headers?: Readonly<Record<string, string>>): Promise<string>;
  job(jobId: string): Promise<JobView>;
  jobs(query?: string): Promise<JobView[]>;
  /** Waits for the end of a job, and returns its last view. */
  ended(jobId: string): Promise<JobView>;
}

export function eclClient({ apiUrl, tokens }: Deployment, token = tokens.a): EclClient {
  const url = `${apiUrl}${JOBS}`;
  const show = (jobId: string) => send(`${url}/${encodeURIComponent(jobId)}`, { token });
  const list = (query = '') => send(`${url}${query}`, { token });
  const copy = (body: unknown, headers = {}) => send(url, { method: 'POST', token, headers, body });
  const job = async (jobId: string) => JSON.parse(expected(await show(jobId), 200)) as JobView;
  return {
    copy,
    show,
    list,
    cancel: (jobId) => send(`${url}/${encodeURIComponent(jobId)}`, { method: 'DELETE', token }),
    start: async (body, headers) => JSON.parse(expected(await copy(body, headers), 202)).job_id,
    job,
    jobs: async (query) => JSON.parse(expected(await list(query), 200)) as JobView[],
    // Asking more than ten times a second would take CPU time from the job.
    ended: (jobId) =>
      until(
        async () => {
          const answer = await show(jobId);
          // A machine with few cores may be too busy to answer in time. A client that waits asks again.
          if (answer.status === 503) return undefined;
          const seen = JSON.parse(expected(answer, 200)) as JobView;
          return isFinal(seen.status) ? seen : undefined;
        },
        undefined,
        100,
      ),
  };
}

/** Returns the `message` in the body of an error. */
export function messageOf({ text }: Answer): string {
  return String((JSON.parse(text) as { message?: unknown }).message);
}

function expected({ status, text }: Answer, wanted: number): string {
  if (status !== wanted) throw new Error(`answered ${status}, not ${wanted}: ${text}`);
  return text;
}
