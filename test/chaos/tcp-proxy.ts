import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A connection to a server that can be cut or made to hang. */
export interface TcpProxy {
  readonly address: string;
  /** Refuses new connections, and resets the open ones. */
  refuse(): Promise<void>;
  /** Stops passing anything on, without telling either side. */
  stall(): void;
  /** Closes the side of the server, as a device on the way might. The client is not told until `remember`. */
  forget(): void;
  remember(): void;
  /** Lets everything pass again. */
  pass(): Promise<void>;
  close(): Promise<void>;
}

type Pair = readonly [inward: Socket, outward: Socket];

/** Starts a proxy on a free port. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const [host = '', port = ''] = target.split(':');
  const pairs = new Set<Pair>();
  const forgotten = new Set<Socket>();
  let stalled = false;
  const server = createServer((inward) => {
    const pair = [inward, connect(Number(port), host)] as const;
    pairs.add(pair);
    const end = () => {
      if (forgotten.has(inward)) return;
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    join(pair);
    if (stalled) freeze(pair);
  });
  const listen = async (at: number) => {
    await once(server.listen(at, '127.0.0.1'), 'listening');
  };
  const remember = () => {
    for (const inward of forgotten) inward.resetAndDestroy();
    forgotten.clear();
  };
  const cut = async () => {
    remember();
    for (const [inward, outward] of pairs) {
      inward.resetAndDestroy();
      outward.destroy();
    }
    pairs.clear();
    if (server.listening) await new Promise((done) => server.close(done));
  };
  await listen(0);
  const own = (server.address() as AddressInfo).port;
  return {
    address: `127.0.0.1:${own}`,
    refuse: cut,
    stall() {
      stalled = true;
      for (const pair of pairs) freeze(pair);
    },
    forget() {
      for (const [inward, outward] of pairs) {
        forgotten.add(inward);
        outward.destroy();
      }
      pairs.clear();
    },
    remember,
    async pass() {
      stalled = false;
      for (const pair of pairs) join(pair);
      if (!server.listening) await listen(own);
    },
    close: cut,
  };
}

function freeze([inward, outward]: readonly [Socket, Socket]): void {
  for (const socket of [inward, outward]) {
    socket.unpipe();
    socket.pause();
  }
}

function join([inward, outward]: Pair): void {
  inward.pipe(outward);
  outward.pipe(inward);
}
