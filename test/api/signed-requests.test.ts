import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { type Identity, IdentityUnavailable, tokenFile } from '../../src/identity/index.ts';
import { bceAuthV1, sdkHmacSha256 } from '../../src/signatures/index.ts';
import { expectNoGrowth } from '../support/heap-growth.ts';
import { access, secret, vector, vectorsOf } from '../unit/signatures/vectors.ts';
import { type Changes, replay, serveSigned } from './signed-rig.ts';

const POST = vector('bce-auth-v1', 'a body of JSON, and a name without a value');
const CANCEL = vector('bce-auth-v1', 'a name with an empty value');
const TOKEN = 'a-token';
/** An identity that knows no tokens and has no access keys. */
const NOBODY: Identity = { authenticate: async () => null, check: async () => undefined };

let folder: string;
let identity: Identity;
let app: FastifyInstance;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-signed-'));
  const sha256 = createHash('sha256').update(TOKEN).digest('hex');
  const file = {
    tokens: [{ sha256, tenant_id: 'tenant-of-token' }],
    access_keys: [{ access, secret, tenant_id: 'tenant-of-key' }],
  };
  await writeFile(join(folder, 'tokens.yaml'), stringify(file), { mode: 0o600 });
  identity = tokenFile(join(folder, 'tokens.yaml'));
});
afterEach(async () => {
  vi.useRealTimers();
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

describe.each([
  ['SDK-HMAC-SHA256', () => serveSigned(sdkHmacSha256, identity)],
  ['bce-auth-v1', () => serveSigned(bceAuthV1, identity)],
] as const)('%s', (name, serve) => {
  beforeEach(async () => {
    app = await serve();
  });

  test.each(vectorsOf(name))(
    "a request that the vendor's SDK has signed with $name is accepted for its tenant",
    async (signed) => {
      const sent = signed.request.body.toString();
      const answer = await replay(app, signed);
      // The test server parses every body as JSON, whatever its type is.
      if (sent === 'anything') expect(answer.status).toBe(400);
      else
        expect(answer.body).toMatchObject({
          tenant: 'tenant-of-key',
          body: sent === '' ? null : JSON.parse(sent),
        });
    },
  );

  test('a request that is refused is told the reason', async () => {
    const [signed] = vectorsOf(name);
    if (signed === undefined) throw new Error('no vectors');
    const authorization = String(signed.request.headers.authorization);
    const why = async (changes: Changes) => (await replay(app, signed, changes)).body.why;
    expect(await why({ headers: { authorization: undefined } })).toBe('missing');
    expect(await why({ headers: { authorization: '' } })).toBe('missing');
    expect(await why({ headers: { authorization: authorization.slice(0, -1) } })).toBe('malformed');
    expect(await why({ headers: { authorization: 'Bearer token' } })).toBe('malformed');
    const unknown = authorization.replace(access, 'nobody-has-this-one');
    expect(await why({ headers: { authorization: unknown } })).toBe('unknown_key');
    expect(await why({ url: `${signed.request.url}&more=1` })).toBe('bad_signature');
    expect(await why({ at: signed.now + 3_600_000 })).toBe('expired');
    expect(await why({ headers: { 'x-auth-token': 'unknown' } })).toBe('bad_token');
  });
});

test('if a request has a token and a signature, the token counts', async () => {
  app = await serveSigned(bceAuthV1, identity);
  const both = await replay(app, POST, { headers: { 'x-auth-token': TOKEN } });
  expect(both.body).toMatchObject({ tenant: 'tenant-of-token', body: { destRegion: ['gz', 'su'] } });
  const one = await replay(app, POST, { headers: { 'x-auth-token': TOKEN, authorization: undefined } });
  expect(one.body.tenant).toBe('tenant-of-token');
  const empty = await replay(app, POST, { headers: { 'x-auth-token': '' } });
  expect(empty.body.tenant).toBe('tenant-of-key');
});

test('a query may be a name without a value', async () => {
  app = await serveSigned(bceAuthV1, identity);
  const answer = await replay(app, CANCEL, { url: '/v2/image/m-1a2b3c4d?cancelRemoteCopy' });
  expect(answer.body).toMatchObject({ tenant: 'tenant-of-key', query: { cancelRemoteCopy: '' } });
});

test('a body is parsed without a content type, but only once its sender is known', async () => {
  app = await serveSigned(bceAuthV1, identity);
  const untyped = { 'content-type': undefined, 'x-auth-token': TOKEN, 'content-length': '7' };
  expect(await replay(app, POST, { headers: untyped, body: Buffer.from('{"a":1}') })).toMatchObject({
    status: 200,
    body: { body: { a: 1 } },
  });
  const broken = { headers: { 'content-length': '1' }, body: Buffer.from('{') };
  expect((await replay(app, POST, broken)).body).toEqual({ why: 'bad_signature' });
  const known = { ...broken, headers: { ...broken.headers, 'x-auth-token': TOKEN } };
  expect((await replay(app, POST, known)).status).toBe(400);
});

test('a body at another path is parsed as usual', async () => {
  app = await serveSigned(bceAuthV1, identity);
  const headers = { 'content-length': '7', authorization: undefined };
  const answer = await replay(app, POST, { url: '/plain', headers, body: Buffer.from('{"a":1}') });
  expect(answer).toEqual({ status: 200, body: { body: { a: 1 } } });
});

test('if an identity has no access keys, every key is unknown', async () => {
  app = await serveSigned(bceAuthV1, NOBODY);
  expect((await replay(app, POST)).body).toEqual({ why: 'unknown_key' });
});

test('the key of a tenant that cannot sign in any more is unknown, and an outage is a 500', async () => {
  const signIn = vi.fn().mockResolvedValueOnce(null).mockRejectedValueOnce(new IdentityUnavailable('away'));
  const accessKey = async () => ({ secret, signIn });
  app = await serveSigned(bceAuthV1, { ...NOBODY, accessKey });
  expect((await replay(app, POST)).body).toEqual({ why: 'unknown_key' });
  expect((await replay(app, POST)).status).toBe(500);
  await replay(app, POST, { url: '/v2/another' });
  expect(signIn).toHaveBeenCalledTimes(2);
});

test('10,000 requests with bad signatures leave nothing in memory', async () => {
  app = await serveSigned(sdkHmacSha256, identity);
  const [signed] = vectorsOf('SDK-HMAC-SHA256');
  const good = String(signed?.request.headers.authorization);
  const send = async (round: number) => {
    const authorization = [
      good.replace(access, `nobody-${round}`),
      good.replace(/[0-9a-f]{64}$/, round.toString(16).padStart(64, '0')),
      good.slice(0, round % good.length),
      `SDK-HMAC-SHA256 Access=${'x'.repeat(round % 8000)}`,
    ][round % 4];
    const headers = {
      ...signed?.request.headers,
      ...(authorization && { authorization }),
      'content-length': '2',
    };
    const answer = await app.inject({ method: 'POST', url: `/v1/${round}`, headers, body: '{}' });
    expect(answer.statusCode).toBe(401);
  };
  await expectNoGrowth(send);
});
