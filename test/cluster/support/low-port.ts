import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Returns a free TCP port between 20000 and 32000. Temporal stores the ports of the members of its cluster as
 * numbers up to 32767, and the system uses higher ports for connections.
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
