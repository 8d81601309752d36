import { expect, test } from 'vitest';
import { type Tunnel, tunnelTo } from '../../src/http/index.ts';

const AT = 'temporal.example.com:7233';
const proxyOf = (address: string, env: NodeJS.ProcessEnv): string | undefined =>
  tunnelTo(address, env)?.proxy;

test('grpc_proxy comes before https_proxy, which comes before http_proxy, in upper or lower case', () => {
  const env = { http_proxy: 'http://c:3', HTTPS_PROXY: 'http://b:2', grpc_proxy: 'http://a:1' };
  expect(proxyOf(AT, env)).toBe('a:1');
  expect(proxyOf(AT, { ...env, grpc_proxy: '' })).toBe('b:2');
  expect(proxyOf(AT, { http_proxy: env.http_proxy })).toBe('c:3');
  expect(proxyOf(AT, {})).toBeUndefined();
});

test('a proxy may be given without http:// or without a port', () => {
  expect(proxyOf(AT, { https_proxy: 'proxy:3128' })).toBe('proxy:3128');
  expect(proxyOf(AT, { https_proxy: 'http://proxy' })).toBe('proxy:80');
  expect(proxyOf(AT, { https_proxy: 'http://[fd00::1]:3128/' })).toBe('[fd00::1]:3128');
});

test('the name and password of a proxy are decoded', () => {
  const tunnel = (https_proxy: string) => tunnelTo(AT, { https_proxy });
  const secret = (password: string): Tunnel => ({
    proxy: 'proxy:1',
    credentials: { username: 'me', password },
  });
  expect(tunnel('http://me:p%40ss%3A@proxy:1')).toEqual(secret('p@ss:'));
  expect(tunnel('http://me:50%@proxy:1')).toEqual(secret('50%'));
  expect(tunnel('http://proxy:1')).toEqual({ proxy: 'proxy:1', credentials: null });
});

test.each([
  ['*', true],
  ['example.com', true],
  ['.example.com', true],
  ['*.example.com', true],
  ['TEMPORAL.example.com', true],
  ['other, temporal.example.com:7233', true],
  ['temporal.example.com:7234', false],
  ['ample.com', false],
  ['10.0.0.0/8', false],
  ['', false],
])('with NO_PROXY=%s, temporal.example.com:7233 is reached directly: %s', (NO_PROXY, direct) => {
  expect(tunnelTo(AT, { HTTPS_PROXY: 'http://a:1', NO_PROXY }) === null).toBe(direct);
});

test.each([
  ['10.1.2.3:7233', '10.0.0.0/8', true],
  ['11.1.2.3:7233', '10.0.0.0/8', false],
  ['10.1.2.3:7233', '10.1.2.3', true],
  ['10.1.2.3:7233', '10.0.0.0/99', false],
  ['[fd00::5]:7233', 'fd00::/8', true],
  ['[fd00::5]:7233', '[fd00::5]:7233', true],
  ['[fd00::5]:7233', '10.0.0.0/8', false],
])('the address %s is reached directly with NO_PROXY=%s: %s', (address, no_proxy, direct) => {
  expect(tunnelTo(address, { HTTPS_PROXY: 'http://a:1', no_proxy }) === null).toBe(direct);
});

test.each(['localhost:7233', '127.0.0.1:7233', '[::1]:7233'])('%s is reached without a proxy', (address) => {
  expect(tunnelTo(address, { HTTPS_PROXY: 'http://a:1' })).toBeNull();
});

test.each(['https://me:secret@proxy:1', 'socks5://me:secret@proxy', 'http://me:secret@'])(
  'the error for the proxy %s names the variable, and does not quote the password',
  (https_proxy) => {
    expect(() => tunnelTo(AT, { https_proxy })).toThrow(/^https_proxy: .*http:\/\/proxy\.example/);
    expect(() => tunnelTo(AT, { https_proxy })).not.toThrow(/secret/);
  },
);
