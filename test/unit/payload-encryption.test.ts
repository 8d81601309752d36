/** Tests the codec that encrypts what Temporal stores. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SecretReference } from '../../src/config/index.ts';
import { openCodec } from '../../src/temporal/index.ts';

let folder: string;
let keys: Map<string, SecretReference>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-keys-'));
  keys = new Map();
  for (const id of ['k1', 'k2']) {
    const file = join(folder, id);
    await writeFile(file, `${randomBytes(32).toString('base64')}\n`);
    keys.set(id, { file });
  }
});
afterEach(() => rm(folder, { recursive: true }));

const payload = (value: unknown) => defaultPayloadConverter.toPayload(value) as Payload;
const textOf = ({ data }: Payload) => Buffer.from(data ?? []).toString();

test('a payload is encrypted, and decrypted to what it was', async () => {
  const codec = await openCodec({ current: 'k1', keys });
  const [secret] = await codec.encode([payload({ image_name: 'a name' })]);
  expect(textOf(secret as Payload)).not.toContain('name');
  expect(Object.keys(secret?.metadata ?? {}).sort()).toEqual([
    'encoding',
    'encryption-cipher',
    'encryption-key-id',
  ]);
  const [plain] = await codec.decode([secret as Payload]);
  expect(defaultPayloadConverter.fromPayload(plain as Payload)).toEqual({ image_name: 'a name' });
});

test('after a rotation old payloads can still be read, and new ones use the new key', async () => {
  const [old] = await (await openCodec({ current: 'k1', keys })).encode([payload('old')]);
  const rotated = await openCodec({ current: 'k2', keys });
  const [plain] = await rotated.decode([old as Payload]);
  expect(defaultPayloadConverter.fromPayload(plain as Payload)).toBe('old');
  const [renewed] = await rotated.encode([payload('new')]);
  expect(Buffer.from(renewed?.metadata?.['encryption-key-id'] ?? []).toString()).toBe('k2');
});

test('a payload that needs an unknown key is refused, and the key is named', async () => {
  const [secret] = await (await openCodec({ current: 'k2', keys })).encode([payload('x')]);
  keys.delete('k2');
  await expect((await openCodec({ current: 'k1', keys })).decode([secret as Payload])).rejects.toThrow(
    /'k2'/,
  );
});

test('a payload that was changed, or that names another key, is refused', async () => {
  const codec = await openCodec({ current: 'k1', keys });
  const [secret] = await codec.encode([payload('x')]);
  const data = Buffer.from(secret?.data ?? []);
  data[20] = (data[20] ?? 0) ^ 1;
  await expect(codec.decode([{ ...secret, data }])).rejects.toThrow();
  const metadata = { ...secret?.metadata, 'encryption-key-id': Buffer.from('k2') };
  await expect(codec.decode([{ ...secret, metadata }])).rejects.toThrow();
});

test('a payload that was never encrypted is left alone', async () => {
  const plain = payload('from before');
  expect(await (await openCodec({ current: 'k1', keys })).decode([plain])).toEqual([plain]);
});

test.each<[string, SecretReference, string]>([
  ['in a file that is not there', { file: '/no/key' }, '/no/key cannot be read (ENOENT)'],
  ['in a variable that is not set', { env: 'NO_KEY' }, 'the environment has no variable NO_KEY'],
])('a key %s is refused, and its place is named', async (_what, reference, problem) => {
  keys.set('k1', reference);
  await expect(openCodec({ current: 'k2', keys })).rejects.toThrow(`encryption.keys.k1: ${problem}`);
});

test.each([
  ['that is too short', 'c2hvcnQ='],
  ['that is empty', ''],
])('a key %s is refused, and named', async (_what, text) => {
  await writeFile(join(folder, 'k1'), text);
  await expect(openCodec({ current: 'k1', keys })).rejects.toThrow(
    'encryption.keys.k1: is not 32 bytes in base64',
  );
});
