import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { inspect } from 'node:util';
import { expect } from 'vitest';
import { OpenStackError, openSession, type Session } from '../../src/openstack/index.ts';
import { AUTH_URL, PASSWORD } from './keystone-rig.ts';

/** The service credential of the test cloud, as OS_* variables. */
export const COPIER = {
  OS_AUTH_URL: AUTH_URL,
  OS_USERNAME: 'copier',
  OS_PASSWORD: PASSWORD,
  OS_USER_DOMAIN_ID: 'default',
  OS_PROJECT_NAME: 'service',
  OS_PROJECT_DOMAIN_NAME: 'Default',
};

export function copier(more: NodeJS.ProcessEnv = {}, region_name = 'ot1'): Session {
  return openSession({ region_name }, { ...COPIER, ...more });
}

/** Lists the images of a project. Returns the status. */
export async function list(session: Session, project: string | null): Promise<number> {
  const answer = await session.requestImage({ method: 'GET', path: '/v2/images?limit=1', as: { project } });
  await answer.body.dump();
  return answer.statusCode;
}

interface Sent {
  readonly origin: string;
  readonly path: string;
  readonly token: string | undefined;
}

/** The requests that undici has sent, with their tokens. */
export const sent: Sent[] = [];
/** The tokens in the answers to these requests. */
export const issued: string[] = [];
subscribe('undici:request:create', (message) => {
  const { request } = message as { request: { origin: string; path: string; headers: string | string[] } };
  const headers = [request.headers].flat().join('\r\n');
  const token = /x-auth-token(?:: |\r\n)([^\r]+)/i.exec(headers)?.[1];
  sent.push({ origin: request.origin, path: request.path, token });
});
subscribe('undici:request:headers', (message) => {
  const { headers } = (message as { response: { headers: readonly Uint8Array[] } }).response;
  const names = headers.map((header) => Buffer.from(header).toString());
  const at = names.findIndex((name) => name.toLowerCase() === 'x-subject-token');
  if (at >= 0) issued.push(names[at + 1] ?? '');
});

export function forgetSent(): void {
  sent.length = 0;
  issued.length = 0;
}

export function signIns(): number {
  return sent.filter(({ path }) => path.endsWith('/v3/auth/tokens')).length;
}

/** Returns the error of a call that has to fail. Expects no secret in it, and no address in its message. */
export async function refusal(call: Promise<unknown>): Promise<OpenStackError> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown) => thrown,
  );
  if (!(error instanceof OpenStackError)) throw new Error(`not refused, but ${inspect(error)}`);
  const all = inspect(error, { depth: 20, showHidden: true });
  const tokens = [...sent.flatMap(({ token }) => token ?? []), ...issued];
  for (const secret of [PASSWORD, ...tokens]) expect(all).not.toContain(secret);
  expect(error.message).not.toMatch(/127\.0\.0\.1/);
  return error;
}

/** Makes a server of a test listen. Returns its port. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
