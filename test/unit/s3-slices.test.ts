import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openBucket } from '../../src/stores/s3/bucket.ts';
import { putPart } from '../../src/stores/s3/upload.ts';
import { watchedPut } from '../../src/transfer/watched-put.ts';
import { untilStill } from '../support/until.ts';

/** More bytes than the sockets of both sides can hold. */
const BYTES = randomBytes(24 * 1024 * 1024);
const UPLOAD = { Key: 'key', UploadId: 'upload' };

/** Starts a server that accepts parts, and returns a bucket there. */
async function bucketAt(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test-secret');
  const server = createServer(answer).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return openBucket({ bucket: 'b', endpoint: `http://127.0.0.1:${port}`, path_style: true });
}

test('a part arrives intact, and reports progress only while the server takes its bytes', async () => {
  const going = Promise.withResolvers<void>();
  let arrived = Buffer.alloc(0);
  const bucket = await bucketAt(async (request, response) => {
    await going.promise;
    arrived = await buffer(request);
    response.writeHead(200, { etag: '"etag"' }).end();
  });
  let moved = 0;
  const putting = putPart(bucket, UPLOAD, 1, BYTES, new AbortController().signal, () => {
    moved += 1;
  });
  await untilStill(() => moved);
  const before = moved;
  going.resolve();
  expect((await putting).ETag).toBe('"etag"');
  expect(arrived.equals(BYTES)).toBe(true);
  expect([before > 0, moved > before]).toEqual([true, true]);
});

test('a part that the server stops taking is ended when the time for stalls is over', async () => {
  const bucket = await bucketAt(() => {});
  const put = watchedPut(
    {
      put: async (_range, block, signal, onMoved) => {
        await putPart(bucket, UPLOAD, 1, block, signal, onMoved).catch((error) => {
          throw signal.aborted ? signal.reason : error;
        });
      },
    },
    500,
    new AbortController().signal,
  );
  const message = 'the destination has taken nothing for 0.5 s';
  await expect(put([0, BYTES.length], BYTES)).rejects.toThrow(message);
});
