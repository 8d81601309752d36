import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openAgent, received } from '../../src/http/index.ts';
import { MIB } from '../../src/memory/index.ts';
import { makeCertificate } from '../support/certificate.ts';

/** Starts a server that answers with these pieces, and returns a way to ask it. */
async function serve(pieces: () => readonly Buffer[], headers: Record<string, string> = {}, tls?: Tls) {
  const answer: RequestListener = (_, response) => {
    response.writeHead(200, headers);
    Readable.from(pieces()).pipe(response);
  };
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dispatcher = openAgent({ verify: true, ca: tls?.cert ?? null });
  onTestFinished(async () => {
    await dispatcher.destroy();
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const origin = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  return async () => (await dispatcher.request({ origin, path: '/', method: 'GET' })).body;
}

interface Tls {
  readonly cert: string;
  readonly key: string;
}

async function certificate(): Promise<Tls> {
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-test-'));
  const { cert, key } = makeCertificate(folder);
  const pems = { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
  await rm(folder, { recursive: true });
  return pems;
}

const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function shaOf(chunks: AsyncIterable<Buffer>, pause: () => Promise<void>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) {
    await pause();
    hash.update(chunk);
  }
  return hash.digest('hex');
}

test.each([true, false])('memory is used again, even if its reader is slow (over TLS: %s)', async (isTls) => {
  const data = randomBytes(64 * MIB);
  const headers = { 'content-length': String(data.length) };
  const ask = await serve(() => [data], headers, isTls ? await certificate() : undefined);
  const memory = new Set<ArrayBufferLike>();
  let bytes = 0;
  for await (const chunk of received(await ask())) {
    memory.add(chunk.buffer);
    bytes += chunk.length;
    // More bytes arrive in the meantime.
    await nextTurn();
  }
  expect(bytes).toBe(data.length);
  expect(memory.size).toBeLessThan(20);
});

test('a chunk that is kept stays intact while its connection receives other answers', async () => {
  const sent: Buffer[] = [];
  const ask = await serve(
    () => {
      const data = randomBytes(10_000);
      sent.push(data);
      return [data];
    },
    { 'content-length': '10000' },
  );
  const readers: AsyncGenerator<Buffer>[] = [];
  const kept = new Map<number, Buffer>();
  for (let index = 0; index < 1000; index += 1) {
    const chunks = received(await ask());
    const { value } = await chunks.next();
    // Every 100th answer is kept. The others are read to their end, so that the next request can use their
    // connection.
    if (index % 100 === 0) {
      readers.push(chunks);
      kept.set(index, value);
    } else {
      while (!(await chunks.next()).done);
    }
  }
  for (const [index, chunk] of kept) expect(sent[index]?.subarray(0, chunk.length).equals(chunk)).toBe(true);
  for (const chunks of readers) await chunks.return(undefined);
});

test.each([
  ['in one piece', [64 * MIB]],
  ['in small pieces', Array.from({ length: 3000 }, (_, index) => index)],
])('four answers that are sent at the same time %s arrive intact', async (_, lengths) => {
  const pieces = lengths.map((length) => randomBytes(length));
  const ask = await serve(() => pieces);
  const slow = async () => void (await nextTurn());
  const shas = await Promise.all([1, 2, 3, 4].map(async () => shaOf(received(await ask()), slow)));
  expect(new Set(shas)).toEqual(new Set([sha(Buffer.concat(pieces))]));
});

test('an answer that is abandoned, or read in another way, disturbs no other answer', async () => {
  const data = randomBytes(8 * MIB);
  const ask = await serve(() => [data]);
  const kept: Buffer[] = [];
  for await (const chunk of received(await ask())) {
    kept.push(chunk);
    break;
  }
  for await (const chunk of await ask()) kept.push(chunk);
  expect(await shaOf(received(await ask()), async () => {})).toBe(sha(data));
  const [left, ...whole] = kept;
  expect(data.subarray(0, left?.length).equals(left ?? data)).toBe(true);
  expect(sha(Buffer.concat(whole))).toBe(sha(data));
});

test('reading an answer that was destroyed before fails with its error', async () => {
  const ask = await serve(() => [randomBytes(8 * MIB)]);
  const gone = new Error('gone');
  const body = (await ask()).on('error', () => {}).destroy(gone);
  await expect(received(body).next()).rejects.toBe(gone);
});

test('reading fails if the answer is destroyed in the meantime', async () => {
  const answer = new Readable({ read() {} });
  answer.push('some');
  const chunks = received(answer);
  expect(String((await chunks.next()).value)).toBe('some');
  const more = chunks.next();
  answer.destroy();
  await expect(more).rejects.toThrow('given up');
});

test('an answer that breaks off yields all bytes that came, and then an error', async () => {
  const ask = await serve(() => [randomBytes(MIB)], {
    'content-length': String(2 * MIB),
    connection: 'close',
  });
  let bytes = 0;
  const reading = (async () => {
    for await (const chunk of received(await ask())) bytes += chunk.length;
  })();
  await expect(reading).rejects.toThrow();
  expect(bytes).toBe(MIB);
});
