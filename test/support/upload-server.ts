import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import { StoreError, type StreamSink } from '../../src/stores/index.ts';

/** An upload as the server has seen it. */
export interface Upload {
  /** The number of bytes that have arrived. */
  readonly at: number;
  readonly outcome: 'running' | 'whole' | 'broken';
  /** The pieces that have arrived: the time in milliseconds since the epoch, and the number of bytes. */
  readonly arrivals: readonly { readonly time: number; readonly bytes: number }[];
  data(): Buffer;
}

/** Hooks with which a test delays or breaks an upload. */
export interface UploadHooks {
  /**
   * Called with the offset of each piece before the piece is taken. May wait. If it fails, the connection is
   * broken.
   */
  readonly beforePiece?: (at: number) => Promise<void> | void;
  /** Called when all bytes have arrived. The server answers only after the hook has ended. */
  readonly beforeAnswer?: () => Promise<void> | void;
}

export interface UploadServer {
  readonly uploads: readonly Upload[];
  sink(size: number, whole?: StreamSink['whole']): CountedSink;
  close(): Promise<void>;
}

export interface CountedSink extends StreamSink {
  readonly closed: number;
}

/** An HTTP server that takes uploads of a known length, as an image service does. */
export async function uploadServer(hooks: UploadHooks = {}): Promise<UploadServer> {
  const uploads: Upload[] = [];
  const server = createServer(async (incoming, answer) => {
    const { socket } = incoming;
    const upload = receive(incoming, hooks);
    uploads.push(upload.seen);
    const isWhole = await upload.finished;
    if (!isWhole) return void socket.destroy();
    await hooks.beforeAnswer?.();
    return void answer.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    uploads,
    sink: (size, whole = null) => uploadSink(`http://127.0.0.1:${port}/`, size, whole),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function receive(incoming: IncomingMessage, { beforePiece }: UploadHooks) {
  const pieces: Buffer[] = [];
  const seen = {
    at: 0,
    outcome: 'running' as Upload['outcome'],
    arrivals: [] as { time: number; bytes: number }[],
    data: () => Buffer.concat(pieces),
  };
  const take = async () => {
    for await (const piece of incoming) {
      await beforePiece?.(seen.at);
      seen.arrivals.push({ time: Date.now(), bytes: piece.length });
      seen.at += piece.length;
      pieces.push(piece);
    }
  };
  const finished = take().then(
    () => seen.at === Number(incoming.headers['content-length']),
    () => false,
  );
  finished.then((isWhole) => {
    seen.outcome = isWhole ? 'whole' : 'broken';
  });
  return { seen, finished };
}

function uploadSink(url: string, size: number, whole: StreamSink['whole']): CountedSink {
  let closed = 0;
  return {
    kind: 'stream',
    whole,
    get closed() {
      return closed;
    },
    async upload(chunks, signal) {
      const { body, statusCode } = await request(url, {
        method: 'PUT',
        headers: { 'content-length': String(size) },
        // undici accepts any iterable as a body, but its types allow only Readable.
        body: chunks as never,
        signal,
        headersTimeout: 0,
      });
      await body.dump();
      if (statusCode !== 204) throw new StoreError('unavailable', `the server answered ${statusCode}`);
    },
    async close() {
      closed += 1;
    },
  };
}
