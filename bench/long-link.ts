import { request } from 'undici';
import { goProgram } from '../test/s3/support/go-program.ts';
import { freePort } from '../test/support/free-port.ts';
import { spawnProcess } from '../test/support/process.ts';
import { until } from '../test/support/until.ts';

const VERSION = 'v2.5.0';
/**
 * The limit of toxiproxy's address space; KiB. toxiproxy keeps all bytes that a slow reader has not taken.
 */
const MAX_MEMORY = 8 * 1024 * 1024;

/** The properties of a link, for each connection. */
export interface Faults {
  /** How long bytes take in each direction; milliseconds. */
  readonly delay: number;
  /** How much a connection carries in each direction; bytes a second. */
  readonly rate: number;
  /** The number of bytes of an answer after which the connection is cut. */
  readonly cutAfter?: number;
  /** `true` if the link takes bytes only as fast as it carries them. Otherwise it takes some MiB ahead. */
  readonly takesNoMore?: boolean;
}

/** A long link to a server on this machine. */
export interface LongLink {
  /** The address at which the server is reached through the link. */
  readonly endpoint: string;
  /** Changes the link for connections that are opened from now on. */
  become(faults: Faults): Promise<void>;
  stop(): Promise<void>;
}

/** Opens a link to the server at `upstream`. toxiproxy makes the link long. */
export async function openLongLink(upstream: string, faults: Faults): Promise<LongLink> {
  const [control, port] = [await freePort(), await freePort()];
  const program = await goProgram('github.com/Shopify/toxiproxy/v2/cmd/server', VERSION);
  const script = `ulimit -v ${MAX_MEMORY}; exec "$@"`;
  const host = ['-host', '127.0.0.1', '-port', String(control)];
  const toxiproxy = spawnProcess('bash', ['-c', script, 'bash', program, ...host], { LOG_LEVEL: 'error' });
  const call = async (method: 'GET' | 'POST', path: string, body?: object) => {
    const answer = await request(`http://127.0.0.1:${control}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`toxiproxy: ${text}`);
  };
  await until(() =>
    call('GET', '/version').then(
      () => true,
      () => false,
    ),
  );
  const { host: server } = new URL(upstream);
  const proxy = { name: 'link', listen: `127.0.0.1:${port}`, upstream: server, enabled: true };
  const become = async ({ delay, rate, cutAfter, takesNoMore = false }: Faults) => {
    await call('POST', '/reset');
    const add = (stream: string, type: string, attributes: object) =>
      call('POST', '/proxies/link/toxics', { name: `${type} ${stream}`, type, stream, attributes });
    for (const stream of ['upstream', 'downstream']) {
      const addDelay = () => add(stream, 'latency', { latency: delay });
      // The fault `latency` has a large buffer. If it comes first, the buffer takes bytes as fast as they are
      // sent. If it comes last, the buffer takes bytes as fast as the fault `bandwidth` lets them through.
      if (!takesNoMore) await addDelay();
      await add(stream, 'bandwidth', { rate: rate / 1000 });
      if (takesNoMore) await addDelay();
    }
    if (cutAfter !== undefined) await add('downstream', 'limit_data', { bytes: cutAfter });
  };
  await call('POST', '/proxies', proxy);
  await become(faults);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    become,
    stop: async () => {
      await toxiproxy.stop('SIGTERM');
    },
  };
}
