/** Tests what a workflow passes on from the trace in which it was started. */
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { expect, test } from 'vitest';
import { interceptors } from '../../workflows/trace-context.ts';

/** Starts a workflow with a header, and returns the headers of its first activity. */
async function headersOfActivity(header: Payload): Promise<Record<string, Payload>> {
  const { inbound, outbound } = interceptors();
  let seen: Record<string, Payload> = {};
  await inbound?.[0]?.execute?.({ args: [], headers: { '_tracer-data': header } }, async () => {
    const input = { activityType: 'inspect', args: [], options: {}, headers: {}, seq: 1 };
    await outbound?.[0]?.scheduleActivity?.(input, async ({ headers }) => {
      seen = headers;
    });
  });
  return seen;
}

test('a trace is passed on to activities', async () => {
  const header = defaultPayloadConverter.toPayload({ traceparent: '00-1-2-01' });
  expect(await headersOfActivity(header)).toEqual({ '_tracer-data': header });
});

test.each<[string, Payload]>([
  ['of no known encoding', { metadata: { encoding: Buffer.from('foreign') }, data: Buffer.from('x') }],
  ['that is not JSON', { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{') }],
  ['that is a text', defaultPayloadConverter.toPayload('text')],
  ['with a number', defaultPayloadConverter.toPayload({ traceparent: 1 })],
])('a header %s is not passed on, because no activity could read it', async (_what, header) => {
  expect(await headersOfActivity(header)).toEqual({});
});
