import { expect } from 'vitest';
import type { Deployment } from '../support/deployment.ts';
import { type Call, send } from '../support/http.ts';
import { bceSigned } from '../support/signed.ts';
import { until } from '../support/until.ts';

export interface BccAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the fields of its answers
  readonly body: any;
}

/**
 * A client of the BCC dialect for tenant-a. Each request is signed with the tenant's access key, or has a
 * token.
 */
export interface BccClient {
  call(method: string, path: string, options?: Omit<Call, 'method'>): Promise<BccAnswer>;
  /** Starts copies, and returns the rows of the answer. */
  copy(imageId: string, body: object, query?: string): Promise<BccAnswer['body'][]>;
  cancel(imageId: string): Promise<BccAnswer>;
  show(imageId: string): Promise<BccAnswer>;
  /** Waits until an image has this status, or until it is gone if the status is `null`. */
  untilStatus(imageId: string, status: string | null): Promise<void>;
}

export function bccClient(deployment: Deployment, version = 'v2'): BccClient {
  const call: BccClient['call'] = async (method, path, options = {}) => {
    const url = `${deployment.apiUrl}/${version}/image/${path}`;
    const plain = { ...options, method };
    const answer = await send(
      url,
      options.token === undefined ? bceSigned(url, plain, deployment.key) : plain,
    );
    return { ...answer, body: answer.text === '' ? null : JSON.parse(answer.text) };
  };
  const show = (imageId: string) => call('GET', imageId);
  return {
    call,
    show,
    cancel: (imageId) => call('POST', `${imageId}?cancelRemoteCopy`),
    async copy(imageId, body, query = '') {
      const answer = await call('POST', `${imageId}?remoteCopy${query}`, { body });
      if (answer.status !== 200) throw new Error(answer.text);
      return answer.body.result;
    },
    async untilStatus(imageId, status) {
      await until(async () => {
        const answer = await show(imageId);
        return status === null ? answer.status === 404 : answer.body.image?.status === status;
      });
    },
  };
}

/** Expects an answer to be an error in Baidu's form. */
export function expectError(answer: BccAnswer, status: number, code: string): void {
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  expect(Object.keys(answer.body).sort()).toEqual(['code', 'message', 'requestId']);
  expect(answer.headers['x-bce-request-id']).toBe(answer.body.requestId);
  expect(answer.headers['content-type']).toBe('application/json;charset=UTF-8');
}
