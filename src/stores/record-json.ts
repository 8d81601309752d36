import secureJsonParse from 'secure-json-parse';
import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import type { ImageRecord } from '../image/index.ts';
import { MIB } from '../memory/index.ts';
import { schemaProblems } from '../text/index.ts';
import { StoreError } from './store-error.ts';

/** Maximum size of a record's JSON, in bytes. Larger JSON is refused before it is parsed. */
export const MAX_RECORD_SIZE = MIB;

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
/** Larger integers are not exact in JavaScript, and no store has so many bytes. */
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

const hex = (digits: number) =>
  Type.String({
    pattern: `^[0-9a-f]{${digits}}$`,
    patternErrorMessage: `${digits} digits 0 to 9 and a to f`,
  });

/** Fields of `image.json`. The optional ones have a default. */
const Schema = Type.Object({
  id: Type.String(),
  name: Nullable(Type.String()),
  status: Type.Enum(['queued', 'active', 'deactivated']),
  owner: Nullable(Type.String()),
  visibility: Type.Enum(['private', 'shared', 'community', 'public']),
  os_hidden: Type.Optional(Type.Boolean()),
  protected: Type.Optional(Type.Boolean()),
  disk_format: Nullable(Type.String()),
  container_format: Nullable(Type.String()),
  size: Count,
  min_disk: Count,
  min_ram: Count,
  os_hash_algo: Nullable(Type.Enum(['sha512', 'sha256'])),
  os_hash_value: Type.Union([hex(128), hex(64), Type.Null()]),
  checksum: Type.Optional(Nullable(hex(32))),
  tags: Type.Array(Type.String()),
  properties: Type.Record(Type.String(), Type.String()),
  created_at: Type.String(),
});
/** Number of hexadecimal digits of each digest. */
const HASH_LENGTHS = { sha512: 128, sha256: 64 } as const;

/** Returns a record as JSON, for a store that keeps it in this form. */
export function recordToJson(record: ImageRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

/**
 * Parses the JSON of an image's record.
 * @param bytes the JSON, or `undefined` if it has more than `MAX_RECORD_SIZE` bytes
 * @throws StoreError `invalid_image` if it is no record; the message names the image and the field
 */
export function recordFromJson(bytes: Uint8Array | undefined, imageId: string): ImageRecord {
  if (bytes === undefined || bytes.length > MAX_RECORD_SIZE) throw tooLarge(imageId);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw unusable(imageId, 'it is not UTF-8', cause);
  }
  let value: unknown;
  try {
    value = secureJsonParse(text);
  } catch (cause) {
    throw unusable(imageId, 'it is not JSON', cause);
  }
  return checkedRecord(value, imageId);
}

/**
 * Checks what a store says about an image, and returns it as a record. Leaves out unknown fields.
 * @throws StoreError `invalid_image`, which names the image and the field
 */
export function checkedRecord(value: unknown, imageId: string): ImageRecord {
  const known = knownFields(value);
  const [first] = schemaProblems(Schema, known, Value.Errors(Schema, known));
  if (first !== undefined) {
    const field = first.path.slice(0, MAX_FIELD_LENGTH).toWellFormed() || 'the whole';
    throw unusable(imageId, `${field}: ${first.problem}`);
  }
  const defaults = { os_hidden: false, protected: false, checksum: null };
  const record = { ...defaults, ...(known as Static<typeof Schema>) };
  const { os_hash_algo, os_hash_value } = record;
  const digits = HASH_LENGTHS[os_hash_algo ?? 'sha512'];
  if (os_hash_value !== null && os_hash_value.length !== digits) {
    throw unusable(imageId, `os_hash_value: has to be ${digits} digits 0 to 9 and a to f`);
  }
  return record;
}

function knownFields(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([field]) => Object.hasOwn(Schema.properties, field)),
  );
}

/** Returns the error for a record that has more than `MAX_RECORD_SIZE` bytes. */
export function tooLarge(imageId: string): StoreError {
  return unusable(imageId, `it has more than ${MAX_RECORD_SIZE} bytes`);
}

/** Maximum number of characters of a field's name that a message quotes. */
const MAX_FIELD_LENGTH = 100;

function unusable(imageId: string, why: string, cause?: unknown): StoreError {
  return new StoreError('invalid_image', `the record of image ${imageId} cannot be used: ${why}`, { cause });
}

/**
 * Makes sure that an image's data has as many bytes as its record says.
 * @throws StoreError `truncated` if it has fewer, `invalid_image` if it has more
 */
export function assertDataSize({ id, size }: Pick<ImageRecord, 'id' | 'size'>, found: number): void {
  if (found === size) return;
  const code = found < size ? 'truncated' : 'invalid_image';
  throw new StoreError(code, `size: image ${id} has ${found} bytes, and its record says ${size}`);
}
