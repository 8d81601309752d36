import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Identity, IdentityUnavailable } from '../../src/identity/index.ts';
import { freePort } from '../support/free-port.ts';
import { mayCopyInto, opened } from './identity-rig.ts';
import { type CuttableKeystone, cuttableKeystone } from './keystone-proxy.ts';
import { PASSWORD, projectId, tokenOf } from './keystone-rig.ts';
import { forgetSent, listen, sent } from './keystone-session-rig.ts';

let a: string;
let b: string;
beforeAll(async () => {
  a = await projectId('tenant-a');
  b = await projectId('tenant-b');
});
beforeEach(forgetSent);
afterEach(() => void vi.useRealTimers());

/** Returns the error of a call while tokens cannot be checked. Expects no secret in it. */
async function outage(call: Promise<unknown>, token: string): Promise<IdentityUnavailable> {
  const error: unknown = await call.catch((thrown) => thrown);
  if (!(error instanceof IdentityUnavailable)) throw new Error(`no outage, but ${inspect(error)}`);
  for (const secret of [token, PASSWORD]) {
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(secret);
  }
  return error;
}

describe('while Keystone cannot be reached', () => {
  let line: CuttableKeystone;
  let identity: Identity;
  let token: string;
  beforeEach(async () => {
    line = await cuttableKeystone();
    identity = await opened(line.authUrl);
    token = await tokenOf('alice', 'tenant-a');
    return () => line.close();
  });

  test('a token that was accepted a moment ago is still accepted, and a new one cannot be checked', async () => {
    await identity.authenticate(token);
    line.cut();
    expect(await identity.authenticate(token)).toMatchObject({ tenant_id: a });
    expect(await mayCopyInto(identity, token, a)).toBe(true);
    const fresh = await tokenOf('bob', 'tenant-b');
    await outage(identity.authenticate(fresh), fresh);
    await outage(mayCopyInto(identity, token, b), token);
    await outage(identity.check(), token);
    line.mend();
    expect(await identity.authenticate(fresh)).toMatchObject({ tenant_id: b });
    await identity.check();
  });

  test('an accepted token is checked again after a minute', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    await identity.authenticate(token);
    line.cut();
    vi.setSystemTime(Date.now() + 59_000);
    expect(await identity.authenticate(token)).not.toBeNull();
    vi.setSystemTime(Date.now() + 1000);
    await outage(identity.authenticate(token), token);
  });

  test('no token is accepted past its end, however long answers are kept', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const patient = await opened(line.authUrl, 86_400_000);
    await patient.authenticate(token);
    line.cut();
    vi.setSystemTime(Date.now() + 3_590_000);
    expect(await patient.authenticate(token)).not.toBeNull();
    vi.setSystemTime(Date.now() + 10_000);
    await outage(patient.authenticate(token), token);
    line.mend();
    // The fake clock is ahead of Keystone's. Keystone still accepts the token, but for us it has ended.
    expect(await patient.authenticate(token)).toBeNull();
  });

  test('neither an outage nor a refusal is remembered', async () => {
    line.cut();
    await outage(identity.authenticate(token), token);
    line.mend();
    expect(await identity.authenticate(token)).not.toBeNull();
    const { length } = sent.filter((one) => one.token === 'unknown');
    for (let i = 0; i < 2; i += 1) expect(await identity.authenticate('unknown')).toBeNull();
    expect(sent.filter((one) => one.token === 'unknown').length - length).toBe(2);
  });

  test('requests with the same token at the same time ask Keystone once', async () => {
    forgetSent();
    const answers = await Promise.all(Array.from({ length: 10 }, () => identity.authenticate(token)));
    expect(answers.every((one) => one?.tenant_id === a)).toBe(true);
    expect(sent.length).toBe(1);
  });
});

test('if Keystone is down, tokens cannot be checked', async () => {
  const identity = await opened(`http://127.0.0.1:${await freePort()}/v3`);
  expect((await outage(identity.authenticate('token-a'), 'token-a')).message).toBe(
    'Keystone does not answer',
  );
  await outage(identity.check(), 'token-a');
});

test('if Keystone fails or answers nonsense, tokens cannot be checked', async () => {
  for (const answer of ['503 Service Unavailable', '200 OK', '429 Too Many Requests', '302 Found']) {
    const server = createServer((socket) => {
      const body = '{"token": {"methods": [], "secret": "token-a"}}';
      socket.once('data', () =>
        socket.end(`HTTP/1.1 ${answer}\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
      );
    });
    const identity = await opened(`http://127.0.0.1:${await listen(server)}/v3`);
    await outage(identity.authenticate('token-a'), 'token-a');
    server.close();
  }
});

test('a Keystone that does not answer is given up after 10 seconds', async () => {
  const server = createServer(() => undefined);
  const identity = await opened(`http://127.0.0.1:${await listen(server)}/v3`);
  const startedAt = performance.now();
  expect((await outage(identity.authenticate('token-a'), 'token-a')).message).toContain('10 s');
  expect(performance.now() - startedAt).toBeLessThan(15_000);
  server.close();
});
