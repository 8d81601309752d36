import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EventStream } from '../../src/api/events/event-stream.ts';

beforeEach(
  () => void vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] }),
);
afterEach(() => void vi.useRealTimers());

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const state = (id: string, isLast = false) => ({ id, data: `{"state":"${id}"}`, isLast });

/** Opens a stream with a client that reads at once. */
function reader(lastId?: string) {
  const stream = new EventStream(lastId);
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { stream, text: () => text };
}

const HINT = /^retry: [12]\d{3}\n\n/;

test('a stream begins with the time after which to reconnect, and sends each state once', async () => {
  const { stream, text } = reader();
  for (const id of ['1', '2', '2', '3']) {
    stream.tell(state(id));
    await turn();
  }
  expect(text()).toMatch(HINT);
  expect(text().replace(HINT, '')).toBe(
    'id: 1\ndata: {"state":"1"}\n\nid: 2\ndata: {"state":"2"}\n\nid: 3\ndata: {"state":"3"}\n\n',
  );
});

test('a state that the client has already is not sent again', async () => {
  const { stream, text } = reader('1');
  stream.tell(state('1'));
  await turn();
  expect(text().replace(HINT, '')).toBe('');
});

test('the last state ends the stream, and nothing is sent after it', async () => {
  const { stream, text } = reader();
  stream.tell(state('1', true));
  await turn();
  stream.tell(state('2'));
  await expect.poll(() => stream.closed).toBe(true);
  expect(text()).toMatch(/id: 1\ndata: .+\n\n$/);
});

test('a client gets a comment every 15 seconds if there is nothing else to send', async () => {
  const { text } = reader();
  for (let times = 0; times < 3; times += 1) {
    await turn();
    vi.advanceTimersByTime(15_000);
  }
  await turn();
  expect(text().replace(HINT, '')).toBe(':\n\n:\n\n:\n\n');
});

test('after ten minutes the stream ends, and the client is told when to reconnect', async () => {
  const { stream, text } = reader();
  await turn();
  vi.advanceTimersByTime(600_000);
  await expect.poll(() => stream.closed).toBe(true);
  expect(stream.errored).toBe(null);
  expect(text()).toMatch(/\n\nretry: [12]\d{3}\n\n$/);
});

test('a client that does not read has little waiting for it, and then reads only the newest state', async () => {
  const stream = new EventStream(undefined);
  for (let id = 0; id < 1000; id += 1) {
    stream.tell(state(String(id)));
    await turn();
  }
  vi.advanceTimersByTime(60_000);
  expect(stream.readableLength).toBeLessThan(40);
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await turn();
  await turn();
  expect(text.match(/id: \d+/g)).toEqual(['id: 999']);
});

test('a client that does not read the end of its stream is disconnected after 10 s', async () => {
  const stream = new EventStream(undefined);
  stream.end();
  await turn();
  expect(stream.destroyed).toBe(false);
  vi.advanceTimersByTime(10_000);
  expect(stream.destroyed).toBe(true);
});
