import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/common';
import { undecodable } from '../copy-job/index.ts';
import { errorText } from '../text/index.ts';

// This file is part of the workflows' bundle, where the SDK uses it to decode everything that clients send.

/**
 * Converts payloads as the SDK's default converter does, but returns an `Undecodable` for a payload that
 * cannot be decoded. If it threw an error, as the default converter does, each Workflow Task would fail, and
 * the workflow could never end.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value, context) => defaultPayloadConverter.toPayload(value, context),
  fromPayload(payload, context) {
    try {
      return defaultPayloadConverter.fromPayload(payload, context);
    } catch (error) {
      return undecodable(errorText(error)) as never;
    }
  },
};
