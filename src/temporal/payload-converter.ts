import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/common';
import { undecodable } from '../copy-job/index.ts';

// The workflows' bundle holds this file, because their worker uses it to decode all that clients send.

/**
 * Converts payloads as the SDK does by default, but returns an `Undecodable` for a payload that it cannot
 * decode. The SDK would throw, and the Workflow Task would fail again and again: the workflow could not
 * react, and would never end.
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
