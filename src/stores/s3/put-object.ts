import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Confirm, ObjectAttributes } from '../port.ts';
import { askFirst } from './ask-first.ts';
import { parametersFor } from './attributes.ts';
import type { Bucket } from './bucket.ts';
import { checksum } from './checksum.ts';
import type { Condition } from './replace-object.ts';

/** A small object, whole. */
export interface WholeObject {
  readonly key: string;
  readonly data: Uint8Array;
  readonly attributes: ObjectAttributes;
}

/** Puts an object at its key in one request, if the condition holds. */
export async function putObject(
  { client, bucket }: Bucket,
  { key, data, attributes }: WholeObject,
  condition: Condition,
  confirm: Confirm | undefined,
  abortSignal?: AbortSignal,
): Promise<void> {
  const bytes = { Body: data, ChecksumCRC32C: checksum(data) };
  const object = { Bucket: bucket, Key: key, ...bytes, ...parametersFor(attributes), ...condition };
  const put = new PutObjectCommand(object);
  askFirst(put, confirm);
  await client.send(put, abortSignal && { abortSignal });
}
