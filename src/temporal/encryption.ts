import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { extname, join } from 'node:path';
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { type EncryptionConfig, readSecret, UnusableSecret } from '../config/index.ts';

/** The keys by their ids, and the id of the key with which new payloads are encrypted. */
interface KeyRing {
  readonly current: string;
  readonly keys: ReadonlyMap<string, Buffer>;
}

const CIPHER = 'aes-256-gcm';
/** The lengths of a key, of a nonce, and of the authentication tag; bytes. */
const KEY = 32;
const NONCE = 12;
const TAG = 16;
/** The names that Temporal's sample codecs use, in every language of its SDKs. */
const ENCODING = 'binary/encrypted';
const METADATA = { encoding: 'encoding', cipher: 'encryption-cipher', keyId: 'encryption-key-id' } as const;

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/**
 * Returns a data converter that encrypts payloads and the messages of failures before they leave this
 * process, or `undefined` if nothing is to be encrypted.
 * @throws UnusableSecret as `openCodec` does
 */
export async function encryptingConverter(
  config: EncryptionConfig | null,
): Promise<DataConverter | undefined> {
  if (config === null) return undefined;
  const path = `failure-converter${extname(import.meta.filename)}`;
  return { payloadCodecs: [await openCodec(config)], failureConverterPath: join(import.meta.dirname, path) };
}

/**
 * Returns a codec with the configured keys. It encrypts with the current key, and decrypts with any of the
 * keys. Its `decode` leaves payloads unchanged that are not encrypted.
 * @throws UnusableSecret if a key is not 32 bytes in base64, or cannot be read
 */
export async function openCodec({ current, keys }: EncryptionConfig): Promise<PayloadCodec> {
  const read = [...keys].map(async ([id, reference]) => {
    const name = `encryption.keys.${id}`;
    const key = Buffer.from(await readSecret(name, reference), 'base64');
    if (key.length !== KEY) throw new UnusableSecret(`${name}: is not ${KEY} bytes in base64`);
    return [id, key] as const;
  });
  const ring = { current, keys: new Map(await Promise.all(read)) };
  return {
    encode: async (payloads) => payloads.map((payload) => encrypt(payload, ring)),
    decode: async (payloads) => payloads.map((payload) => decrypt(payload, ring)),
  };
}

function encrypt(payload: Payload, ring: KeyRing): Payload {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv(CIPHER, keyOf(ring, ring.current), nonce).setAAD(Buffer.from(ring.current));
  const text = Buffer.concat([cipher.update(PayloadMessage.encode(payload).finish()), cipher.final()]);
  return {
    metadata: {
      [METADATA.encoding]: Buffer.from(ENCODING),
      [METADATA.cipher]: Buffer.from(CIPHER),
      [METADATA.keyId]: Buffer.from(ring.current),
    },
    data: Buffer.concat([nonce, text, cipher.getAuthTag()]),
  };
}

function decrypt(payload: Payload, ring: KeyRing): Payload {
  const { metadata, data } = payload;
  if (textOf(metadata?.[METADATA.encoding]) !== ENCODING) return payload;
  const id = textOf(metadata?.[METADATA.keyId]);
  const bytes = Buffer.from(data ?? []);
  const decipher = createDecipheriv(CIPHER, keyOf(ring, id), bytes.subarray(0, NONCE), {
    authTagLength: TAG,
  });
  decipher.setAAD(Buffer.from(id)).setAuthTag(bytes.subarray(-TAG));
  const text = Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()]);
  return PayloadMessage.decode(text);
}

function keyOf({ keys }: KeyRing, id: string): Buffer {
  const key = keys.get(id);
  if (key === undefined)
    throw new Error(`a payload is encrypted with the key '${id}', which is not in encryption.keys`);
  return key;
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}
