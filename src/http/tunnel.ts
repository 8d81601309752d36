import { BlockList, isIP } from 'node:net';
import { type Credentials, credentialsOf, proxyUrl } from './proxy-url.ts';

/** An HTTP proxy that opens a connection to a server when it is asked to (`CONNECT`). */
export interface Tunnel {
  /** The proxy's `host:port`. */
  readonly proxy: string;
  /**
   * The user and password that the environment has for the proxy, or `null`. They MUST NOT get into a log.
   */
  readonly credentials: Credentials | null;
}

/** The environment names a proxy that cannot be used. The message does not quote the proxy's address. */
export class UnusableProxy extends Error {
  override readonly name = 'UnusableProxy';
}

const VARIABLES = ['grpc_proxy', 'https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'];
const DEFAULT_PORT = '80';

/**
 * Returns the proxy through which a gRPC server is reached, as the environment names it.
 * @param address the server's `host:port`
 * @returns `null` for a server that is reached directly: no variable names a proxy, `NO_PROXY` names the
 * server, or it is on this machine
 * @throws UnusableProxy
 */
export function tunnelTo(address: string, env: NodeJS.ProcessEnv): Tunnel | null {
  const variable = VARIABLES.find((name) => (env[name] ?? '') !== '');
  const { hostname = '', port = '' } = URL.parse(`grpc://${address}`) ?? {};
  const host = withoutBrackets(hostname).toLowerCase();
  if (variable === undefined || isLoopback(host) || isDirect(host, port, env)) return null;
  const url = proxyUrl(env[variable] ?? '');
  if (url?.protocol !== 'http:') {
    throw new UnusableProxy(
      `${variable}: this proxy cannot be used for Temporal; name an HTTP proxy such as ` +
        'http://proxy.example.com:3128, or name the host of Temporal in NO_PROXY',
    );
  }
  const credentials = credentialsOf(url);
  return {
    proxy: `${url.hostname}:${url.port || DEFAULT_PORT}`,
    credentials: credentials.username === '' && credentials.password === '' ? null : credentials,
  };
}

/** Returns the IPv6 address in `[::1]`, and any other host unchanged. */
function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/**
 * Tells whether a host is this machine, which no proxy could reach. Temporal's own command does not use a
 * proxy for this machine either.
 */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Tells whether an entry of `no_proxy` or `NO_PROXY` covers a server. An entry may end with a port. */
function isDirect(host: string, port: string, env: NodeJS.ProcessEnv): boolean {
  const entries = (env.no_proxy || env.NO_PROXY || '').split(/[,\s]+/).filter((entry) => entry !== '');
  return entries.some((entry) => {
    const withPort = /^([^:]+|\[.+\]):(\d+)$/.exec(entry);
    if (withPort === null) return covers(entry, host);
    const [, name = '', onlyPort] = withPort;
    return onlyPort === port && covers(name, host);
  });
}

/** Tells whether `*`, a host, a domain, or a range of addresses such as `10.0.0.0/8` covers a host. */
function covers(name: string, host: string): boolean {
  const domain = withoutBrackets(name)
    .replace(/^\*?\./, '')
    .toLowerCase();
  return domain === '*' || domain === host || host.endsWith(`.${domain}`) || isInRange(host, domain);
}

function isInRange(host: string, range: string): boolean {
  const [net = '', bits] = range.split('/');
  const family = isIP(net);
  const prefix = Number(bits);
  if (bits === undefined || family === 0 || isIP(host) !== family) return false;
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(net, prefix, type);
  return list.check(host, type);
}
