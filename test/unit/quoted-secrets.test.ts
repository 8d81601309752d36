import { afterEach, expect, test, vi } from 'vitest';
import { withoutSecrets } from '../../src/http/index.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test.each([
  ['http://me:p%40ss@proxy:3128', 'me:p@ss'],
  ['http://me:50%@proxy:3128', 'me:50%'],
  ['me:50%@proxy:3128', 'me:50%'],
])('the credentials of the proxy %s are removed from a message that quotes them', (named, credentials) => {
  vi.stubEnv('grpc_proxy', named);
  const quoted = Buffer.from(credentials).toString('base64');
  expect(withoutSecrets(`refused: Basic ${quoted}`, [])).not.toContain(quoted);
});
