import { Readable } from 'node:stream';
import type { UploadPartCommand } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/core/protocols';
import { KIB } from '../../memory/index.ts';

/** Number of bytes that are sent at a time. */
const SLICE = 256 * KIB;

/**
 * Sends the signed body of a part slice by slice, and calls `onMoved` whenever the socket asks for more. If
 * the body were written all at once, nobody could tell how much of it was sent so far.
 */
export function sendInSlices({ middlewareStack }: UploadPartCommand, onMoved: () => void): void {
  middlewareStack.add(
    (next) => (args) => {
      const { request } = args;
      if (!HttpRequest.isInstance(request) || !(request.body instanceof Uint8Array)) return next(args);
      const sliced = HttpRequest.clone(request);
      sliced.body = Readable.from(slices(request.body, onMoved), { objectMode: false });
      return next({ ...args, request: sliced });
    },
    { step: 'deserialize', priority: 'low', name: 'sendInSlices' },
  );
}

function* slices(body: Uint8Array, onMoved: () => void): Generator<Uint8Array> {
  for (let start = 0; start < body.length; start += SLICE) {
    yield body.subarray(start, start + SLICE);
    onMoved();
  }
}
