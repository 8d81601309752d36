import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { openMarkers } from '../../src/job-service/markers.ts';

const LIST = "WorkflowType = 'copyImage'";
const TOKEN = Buffer.from('a page token of Temporal');
const markers = openMarkers('a key that nobody else has');

test('a marker is decoded to its page token', () => {
  expect(Buffer.from(markers.read(LIST, markers.make(LIST, TOKEN)))).toEqual(TOKEN);
});

test("facades that share a key read each other's markers", () => {
  const marker = openMarkers('a key that nobody else has').make(LIST, TOKEN);
  expect(Buffer.from(markers.read(LIST, marker))).toEqual(TOKEN);
});

const hashed = createHash('sha256').update(LIST).update('\0').update(TOKEN).digest().subarray(0, 16);

test.each([
  ['of another list', markers.make("WorkflowType = 'cleanUp'", TOKEN)],
  ['that was made with another key', openMarkers('another key').make(LIST, TOKEN)],
  ['that was made without a key', Buffer.concat([hashed, TOKEN]).toString('base64url')],
  ['that is too short', 'x'],
  ['that is empty', ''],
])('a marker %s is refused', (_what, marker) => {
  expect(() => markers.read(LIST, marker)).toThrow('is not a marker of this list');
});
