import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Returns a TCP port between 20000 and 32000 that nobody listens on. Temporal stores the ports of its
 * cluster's members as numbers up to 32767, and the system gives ports to connections above those.
 */
export async function freeLowPort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = createServer().listen(port, '127.0.0.1');
    const taken = await once(server, 'listening').then(
      () => false,
      () => true,
    );
    if (taken) continue;
    await once(server.close(), 'close');
    return port;
  }
}
