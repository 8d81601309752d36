import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { IdentityUnavailable, oidcOperators } from '../../src/identity/index.ts';

const { privateKey, publicKey } = await generateKeyPair('RS256');
const stranger = await generateKeyPair('RS256');
const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };

let provider: Server;
let issuer: string;
let isWell = true;
let keysStatus = 200;
beforeAll(async () => {
  provider = createServer((request, response) => {
    if (!isWell) return void response.writeHead(500).end();
    const answers: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/keys` },
      '/keys': { keys: [jwk] },
    };
    if (request.url === '/keys') response.statusCode = keysStatus;
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answers[request.url ?? '']));
  });
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
});
afterAll(() => {
  provider.closeAllConnections();
  provider.close();
});

interface Made {
  readonly claims?: JWTPayload;
  readonly key?: typeof privateKey;
  readonly audience?: string;
  readonly expires?: string;
}

function token({ claims = {}, key = privateKey, audience = 'codec', expires = '5m' }: Made = {}) {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    .setIssuer(issuer)
    .setSubject('ann')
    .setAudience(audience)
    .setExpirationTime(expires)
    .sign(key);
}

const open = (claim: { name: string; value: string } | null = null) =>
  oidcOperators({ issuer, audience: 'codec', claim });

test('the holder of an access token of the provider is an operator', async () => {
  expect(await open().nameOf(await token())).toBe('ann');
});

test('a token with another audience or key, an expired one, or an unsigned one makes nobody an operator', async () => {
  const operators = open();
  expect(await operators.nameOf(await token({ audience: 'other' }))).toBeNull();
  expect(await operators.nameOf(await token({ key: stranger.privateKey }))).toBeNull();
  expect(await operators.nameOf(await token({ expires: '-1m' }))).toBeNull();
  expect(await operators.nameOf('no-token')).toBeNull();
  const [, payload] = (await token()).split('.');
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
  expect(await operators.nameOf(unsigned)).toBeNull();
});

test('a claim may be required, and the token has it as one value or in a list', async () => {
  const operators = open({ name: 'groups', value: 'operators' });
  expect(await operators.nameOf(await token({ claims: { groups: ['all', 'operators'] } }))).toBe('ann');
  expect(await operators.nameOf(await token({ claims: { groups: 'operators' } }))).toBe('ann');
  expect(await operators.nameOf(await token({ claims: { groups: ['operators-too'] } }))).toBeNull();
  expect(await operators.nameOf(await token())).toBeNull();
});

test('while the provider is away nobody can sign in, and afterwards everybody can', async () => {
  isWell = false;
  const operators = open();
  await expect(operators.nameOf(await token())).rejects.toThrow(IdentityUnavailable);
  await expect(operators.check()).rejects.toThrow(/--issuer/);
  isWell = true;
  expect(await operators.nameOf(await token())).toBe('ann');
});

test('a check fetches the keys each time, whatever the last answer was', async () => {
  const operators = open();
  await operators.check();
  isWell = false;
  await expect(operators.check()).rejects.toThrow(IdentityUnavailable);
  isWell = true;
  await operators.check();
  keysStatus = 500;
  await expect(open().check()).rejects.toThrow(IdentityUnavailable);
  keysStatus = 200;
});

test('a provider that reports another issuer is refused', async () => {
  const other = oidcOperators({ issuer: `${issuer}/`, audience: 'codec', claim: null });
  await expect(other.check()).rejects.toThrow(IdentityUnavailable);
});
