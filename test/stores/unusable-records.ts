import { recordOf } from './store-under-test.ts';

const HALF = '\ud83d';
const good = (data: Uint8Array) => recordOf(data);
const changed = (field: string, value: unknown) => (data: Uint8Array) =>
  JSON.stringify({ ...good(data), [field]: value });
/** Returns a record in which the field has a number that JavaScript cannot write, or writes differently. */
const raw = (field: string, number: string) => (data: Uint8Array) =>
  JSON.stringify({ ...good(data), [field]: '@' }).replace('"@"', number);

/**
 * The ways in which a record can be unusable: a name, the record, and the word that the error has to contain.
 */
export const UNUSABLE_RECORDS: readonly (readonly [
  what: string,
  make: (data: Uint8Array) => string | Uint8Array,
  names: string,
])[] = [
  ['is not JSON', () => '{', 'not JSON'],
  ['is empty', () => '', 'not JSON'],
  ['is a list', () => '[]', 'the whole'],
  ['is not UTF-8', () => Buffer.from([0x22, 0xff, 0x22]), 'not UTF-8'],
  [
    'has more than a MiB',
    (data) => changed('name', 'x'.repeat(1024 * 1024))(data),
    'more than 1048576 bytes',
  ],
  ['has a field of more than a MiB that is not known', changed('more', 'x'.repeat(2e6)), 'more than'],
  ['is nested a hundred thousand times', () => '['.repeat(1e5) + ']'.repeat(1e5), 'the whole'],
  ['has a property that is an object', changed('properties', { a: {} }), 'properties.a'],
  ['would change the prototype of objects', () => '{"__proto__": {"size": 1}}', 'not JSON'],
  ['lacks a field', changed('size', undefined), 'size: is missing'],
  ['has a size of 2^53', raw('size', '9007199254740992'), 'size'],
  ['has a size of 2^63', raw('size', '9223372036854775808'), 'size'],
  ['has a size of 1e300', raw('size', '1e300'), 'size'],
  ['has a size of 0.5', raw('size', '0.5'), 'size'],
  ['has a negative size', raw('size', '-1'), 'size'],
  ['has a size that is not a number', raw('size', '"NaN"'), 'size'],
  ['has a size that is null', raw('size', 'null'), 'size'],
  ['has a min_disk of 2^53', raw('min_disk', '9007199254740992'), 'min_disk'],
  ['has a sha512 that is no digest', changed('os_hash_value', 'abc'), 'os_hash_value'],
  ['has a sha256 that is no digest', changed('os_hash_algo', 'sha256'), 'os_hash_value'],
  ['has an algorithm that nobody knows', changed('os_hash_algo', 'crc'), 'os_hash_algo'],
  ['has an md5 that is no digest', changed('checksum', 'ABC'), 'checksum'],
  ['has a property that is not a text', changed('properties', { a: 1 }), 'properties.a'],
  ['has half a character in its name', changed('name', HALF), 'name: is not well-formed'],
  ['has half a character in a tag', changed('tags', ['a', HALF]), 'tags.1: is not well-formed'],
  ['has half a character in a property', changed('properties', { a: HALF }), 'properties.a: is not well'],
  ['has half a character in the name of a property', changed('properties', { [HALF]: 'a' }), 'properties.'],
];
