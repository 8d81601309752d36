import { createServer } from 'node:http';
import { beforeEach, describe, expect, test } from 'vitest';
import { signInAs } from './keystone-rig.ts';
import { copier, forgetSent, listen, refusal, sent } from './keystone-session-rig.ts';

beforeEach(forgetSent);

describe('a request with the token of a user', () => {
  const userOf = async (name: string, project: string) => {
    const { token, body } = await signInAs(name, project);
    return { token, catalog: body.token.catalog };
  };

  test('is sent with that token, without a sign-in', async () => {
    const user = await userOf('alice', 'tenant-a');
    forgetSent();
    const answer = await copier().requestImage({ method: 'GET', path: '/v2/images', as: { user } });
    await answer.body.dump();
    expect(answer.statusCode).toBe(200);
    expect(sent.map(({ token }) => token)).toEqual([user.token]);
  });

  test("is sent only to an address in the user's own catalog", async () => {
    const user = await userOf('alice', 'tenant-a');
    forgetSent();
    const stranger = { ...user, catalog: [] };
    const error = await refusal(
      copier().requestImage({ method: 'GET', path: '/v2/images', as: { user: stranger } }),
    );
    expect(error.kind).toBe('no_endpoint');
    expect(sent).toEqual([]);
  });

  test("is offered only in the regions of the user's own catalog", async () => {
    const user = await userOf('alice', 'tenant-a');
    forgetSent();
    expect(await copier().offers(user)).toBe(true);
    expect(await copier({}, 'ot9').offers(user)).toBe(false);
    expect(await copier().offers({ ...user, catalog: [] })).toBe(false);
    expect(sent).toEqual([]);
  });

  test('fails at once if the token is no longer good', async () => {
    const user = { ...(await userOf('alice', 'tenant-a')), token: 'gone' };
    forgetSent();
    const error = await refusal(copier().requestImage({ method: 'GET', path: '/v2/images', as: { user } }));
    expect([error.kind, sent.length]).toEqual(['expired', 1]);
  });

  test('does not follow a redirect', async () => {
    const elsewhere: string[] = [];
    const other = createServer((request, response) => {
      elsewhere.push(request.url ?? '');
      response.end();
    });
    const location = `http://127.0.0.1:${await listen(other)}/caught`;
    const service = createServer((_request, response) => response.writeHead(302, { location }).end());
    const url = `http://127.0.0.1:${await listen(service)}/image/v2/`;
    const catalog = [{ type: 'image', endpoints: [{ interface: 'public', region_id: 'ot1', url }] }];
    const as = { user: { token: 'token-of-alice', catalog } };
    const answer = await copier().requestImage({ method: 'GET', path: '/v2/images', as });
    await answer.body.dump();
    expect([answer.statusCode, elsewhere, sent.at(-1)?.path]).toEqual([302, [], '/image/v2/images']);
    service.close();
    other.close();
  });
});
