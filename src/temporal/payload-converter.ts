import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/common';
import { undecodable } from '../copy-job/index.ts';

// Bundled with the workflows, by its path: their worker decodes everything that clients send with it.

/**
 * Converts payloads as the SDK does by default, but returns an `Undecodable` for a payload that it cannot
 * decode. The SDK would throw, which fails the Workflow Task again and again: the workflow would never learn
 * of it, and never end.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value, context) => defaultPayloadConverter.toPayload(value, context),
  fromPayload(payload, context) {
    try {
      return defaultPayloadConverter.fromPayload(payload, context);
    } catch (error) {
      return undecodable(error instanceof Error ? error.message : String(error)) as never;
    }
  },
};
