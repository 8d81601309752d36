import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import type { ImageRecord } from '../image/index.ts';
import { schemaProblems } from '../text/index.ts';
import { StoreError } from './store-error.ts';

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

const hex = (digits: number) =>
  Type.String({
    pattern: `^[0-9a-f]{${digits}}$`,
    patternErrorMessage: `${digits} digits 0 to 9 and a to f`,
  });

/** What `image.json` has to hold; what is optional has a default. */
const Schema = Type.Object({
  id: Type.String(),
  name: Nullable(Type.String()),
  status: Type.Union([Type.Literal('queued'), Type.Literal('active'), Type.Literal('deactivated')]),
  owner: Nullable(Type.String()),
  visibility: Type.Union([
    Type.Literal('private'),
    Type.Literal('shared'),
    Type.Literal('community'),
    Type.Literal('public'),
  ]),
  os_hidden: Type.Optional(Type.Boolean()),
  protected: Type.Optional(Type.Boolean()),
  disk_format: Nullable(Type.String()),
  container_format: Nullable(Type.String()),
  size: Type.Integer({ minimum: 0 }),
  min_disk: Type.Integer({ minimum: 0 }),
  min_ram: Type.Integer({ minimum: 0 }),
  os_hash_algo: Nullable(Type.Literal('sha512')),
  os_hash_value: Nullable(hex(128)),
  checksum: Type.Optional(Nullable(hex(32))),
  tags: Type.Array(Type.String()),
  properties: Type.Record(Type.String(), Type.String()),
  created_at: Type.String(),
});

/** A record as JSON, for a store that keeps it as such. */
export function recordToJson(record: ImageRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

/** Throws `invalid_image` for what is no record. */
export function recordFromJson(text: string): ImageRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new StoreError('invalid_image', "the image's record is not JSON", { cause: error });
  }
  const [fault] = schemaProblems(Schema, value, Value.Errors(Schema, value));
  if (fault !== undefined) {
    const message = `the image's record is not usable: ${fault.path || 'the whole'}: ${fault.problem}`;
    throw new StoreError('invalid_image', message);
  }
  return { os_hidden: false, protected: false, checksum: null, ...(value as Static<typeof Schema>) };
}
