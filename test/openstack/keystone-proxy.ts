import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { AUTH_URL } from './keystone-rig.ts';

/** A Keystone behind a connection that can be cut. */
export interface CuttableKeystone {
  readonly authUrl: string;
  /** The number of connections so far. */
  readonly connections: number;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function cuttableKeystone(): Promise<CuttableKeystone> {
  const target = new URL(AUTH_URL);
  const open = new Set<Socket>();
  let isCut = false;
  let connections = 0;
  const server = createServer((near) => {
    connections += 1;
    if (isCut) return near.destroy();
    const far = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy()).on('close', () => open.delete(one));
      one.pipe(other);
    }
    return near;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const hangUp = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    authUrl: `http://127.0.0.1:${port}/v3`,
    get connections() {
      return connections;
    },
    cut() {
      isCut = true;
      hangUp();
    },
    mend() {
      isCut = false;
    },
    async close() {
      hangUp();
      server.close();
      await once(server, 'close');
    },
  };
}
