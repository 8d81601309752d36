import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { ImageRequest, Session } from '../../src/openstack/index.ts';
import { glanceApi } from '../../src/stores/glance/api.ts';
import type { GlanceImage } from '../../src/stores/glance/image-json.ts';
import { openReader } from '../../src/stores/glance/reader.ts';
import { readAll } from '../stores/store-under-test.ts';

const DATA = Buffer.from('an image');
const IMAGE = { id: 'an-image', size: DATA.length } as GlanceImage;

/** Opens a reader of a Glance that refuses ranges. `answer` answers the requests for the whole image. */
function reader(answer: (request: ImageRequest) => Promise<object>) {
  const refused = () => ({ statusCode: 400, headers: {}, body: Readable.from(['no ranges']) });
  const requestImage = async (request: ImageRequest) =>
    request.headers?.range === undefined ? answer(request) : refused();
  return openReader(glanceApi({ requestImage } as unknown as Session), { project: null }, IMAGE);
}

test('an abort also ends a request for a stream that Glance has not answered yet', async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const { read } = await reader(async ({ signal }) => {
    signals.push(signal);
    return new Promise((_answer, reject) => {
      if (signal === undefined) reject(new Error('nothing can end this request'));
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  });
  const abort = new AbortController();
  const reading = read([0, DATA.length], abort.signal)[Symbol.asyncIterator]().next();
  abort.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
  expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
});

test('an abort that comes after a read leaves the stream for the next read', async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const opened = await reader(async ({ signal }) => {
    signals.push(signal);
    return { statusCode: 200, headers: {}, body: Readable.from([DATA]) };
  });
  const first = new AbortController();
  for await (const chunk of opened.read([0, 3], first.signal)) expect(`${chunk}`).toBe('an ');
  first.abort();
  expect(`${await readAll(opened, [3, 8])}`).toBe('image');
  expect(signals.map((signal) => signal?.aborted)).toEqual([false]);
});

test('a range that begins at another byte than was asked for is refused, and may be asked for again', async () => {
  const requestImage = async ({ headers }: ImageRequest) => {
    const range = headers?.range === 'bytes=0-0' ? 'bytes 0-0/8' : 'bytes 0-2/8';
    return {
      statusCode: 206,
      headers: { 'content-range': range },
      body: Readable.from([DATA.subarray(0, 3)]),
    };
  };
  const api = glanceApi({ requestImage } as unknown as Session);
  const opened = await openReader(api, { project: null }, IMAGE);
  expect(`${await readAll(opened, [0, 3])}`).toBe('an ');
  await expect(readAll(opened, [3, 6])).rejects.toMatchObject({ code: 'unavailable' });
});
