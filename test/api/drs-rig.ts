import type { Deployment } from '../support/deployment.ts';
import { type Call, send } from '../support/http.ts';
import { huaweiSigned } from '../support/signed.ts';
import { until } from '../support/until.ts';

export interface DrsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the fields of its answers
  readonly body: any;
}

/**
 * A client of the DRS dialect for tenant-a. Each request is signed with the tenant's access key, or has a
 * token.
 */
export interface DrsClient {
  call(method: string, path: string, options?: Omit<Call, 'method'>): Promise<DrsAnswer>;
  stop(jobId: string, body?: unknown): Promise<DrsAnswer>;
  /** Waits until a task is in this state. */
  untilState(jobId: string, state: string): Promise<void>;
}

export function drsClient(
  deployment: Deployment,
  project = 'tenant-a',
  version: 'v3' | 'v5' = 'v5',
): DrsClient {
  const call: DrsClient['call'] = async (method, path, options = {}) => {
    const url = `${deployment.apiUrl}/${version}/${project}/jobs${path}`;
    const plain = { ...options, method };
    const signed = options.token === undefined ? huaweiSigned(url, plain, deployment.key) : plain;
    const { status, headers, text } = await send(url, signed);
    return { status, headers, body: JSON.parse(text) };
  };
  return {
    call,
    stop: (jobId, body) => call('POST', `/${jobId}/stop`, body === undefined ? {} : { body }),
    async untilState(jobId, state) {
      await until(async () => (await call('GET', `/${jobId}`)).body.job.status === state);
    },
  };
}
