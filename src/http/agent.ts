import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { credentialsOf, proxyUrl } from './proxy-url.ts';
import { intoReceiveBuffers } from './receive-buffers.ts';

/** How a server's TLS certificate is checked. */
interface Trust {
  readonly verify: boolean;
  /** The certificate authorities in PEM. If given, no others are trusted. */
  readonly ca: string | null;
}

/**
 * Opens an agent without a limit on its connections. If the environment names a proxy, the agent connects
 * through that proxy.
 */
export function openAgent({ verify, ca }: Trust): Dispatcher {
  const tls = { rejectUnauthorized: verify, ...(ca !== null && { ca }) };
  // Times are in milliseconds.
  const options = {
    // Each lane is a connection of its own, and Glance's servers speak only HTTP/1.1.
    allowH2: false,
    // This overrides UNDICI_USE_MILO. The parser milo would read all bytes that wait in a socket at once.
    useMilo: false,
    connect: {
      timeout: 10_000,
      ...tls,
      onread: intoReceiveBuffers,
    },
    headersTimeout: 60_000,
    bodyTimeout: 60_000,
  };
  return namesProxy(process.env)
    ? new EnvHttpProxyAgent({ ...options, requestTls: tls })
    : new Agent(options);
}

const PROXIES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'];

/** Tells whether an environment names a proxy in one of the variables that most tools know. */
export function namesProxy(env: NodeJS.ProcessEnv): boolean {
  return PROXIES.some((name) => (env[name] ?? '') !== '');
}

/**
 * Returns the credentials that an environment has for its proxies, in base64 as `Proxy-Authorization: Basic`
 * sends them.
 */
export function proxyCredentials(env: NodeJS.ProcessEnv): string[] {
  return [...PROXIES, 'grpc_proxy'].flatMap((name) => {
    const { username, password } = credentialsOf(proxyUrl(env[name] ?? ''));
    return password === '' ? [] : [Buffer.from(`${username}:${password}`).toString('base64')];
  });
}
