import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Session } from '../../src/openstack/index.ts';
import { cuttableKeystone } from './keystone-proxy.ts';
import { projectId, revokeToken } from './keystone-rig.ts';
import { copier, forgetSent, issued, list, refusal, sent, signIns } from './keystone-session-rig.ts';

let a: string;
beforeAll(async () => {
  a = await projectId('tenant-a');
});
beforeEach(forgetSent);
afterEach(() => void vi.useRealTimers());

/**
 * Returns a token of the session that the image service has not yet seen. The service remembers good tokens
 * for a while.
 */
async function unusedToken(session: Session): Promise<string> {
  const as = { project: a };
  await refusal(session.requestImage({ method: 'GET', path: '/v2/images', as, headers: { broken: 'a\nb' } }));
  return issued.at(-1) ?? '';
}

describe('a token', () => {
  test('is renewed before it ends', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const session = copier();
    await list(session, a);
    vi.setSystemTime(Date.now() + 57 * 60_000);
    await list(session, a);
    expect(signIns()).toBe(1);
    vi.setSystemTime(Date.now() + 62_000);
    expect(await list(session, a)).toBe(200);
    expect(signIns()).toBe(2);
  });

  test('that is still valid is used if Keystone is away when the token should be renewed', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const line = await cuttableKeystone();
    const session = copier({ OS_AUTH_URL: line.authUrl });
    await list(session, a);
    line.cut();
    vi.setSystemTime(Date.now() + 59 * 60_000);
    expect(await list(session, a)).toBe(200);
    vi.setSystemTime(Date.now() + 2 * 60_000);
    expect((await refusal(list(session, a))).kind).toBe('unreachable');
    line.mend();
    expect(await list(session, a)).toBe(200);
    await line.close();
  });

  test('that was revoked is replaced, and the request is repeated', async () => {
    const session = copier();
    const first = await unusedToken(session);
    await revokeToken(first);
    const answer = await session.requestImage({
      method: 'POST',
      path: '/v2/images',
      as: { project: a },
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'keystone-session test' }),
    });
    expect(answer.statusCode).toBe(201);
    const { id } = (await answer.body.json()) as { id: string };
    const gone = await session.requestImage({
      method: 'DELETE',
      path: `/v2/images/${id}`,
      as: { project: a },
    });
    expect(gone.statusCode).toBe(204);
    expect(sent.at(-1)?.token).not.toBe(first);
  });

  test('that was revoked fails an upload, because its bytes cannot be sent a second time', async () => {
    const session = copier();
    await revokeToken(await unusedToken(session));
    const upload = () =>
      session.requestImage({
        method: 'PUT',
        path: `/v2/images/${crypto.randomUUID()}/file`,
        as: { project: a },
        headers: { 'content-type': 'application/octet-stream' },
        body: (async function* () {
          yield Buffer.alloc(1000);
        })(),
      });
    expect((await refusal(upload())).kind).toBe('unauthorized');
    const answer = await upload();
    await answer.body.dump();
    expect(answer.statusCode).toBe(404);
  });
});
