/**
 * Tests texts with half of a surrogate pair. From outside, such a text is refused, and the refusal names the
 * field. Where a text is cut, it does not end in such a half.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { FastifyRequest } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { parseJson } from '../../src/api/json.ts';
import { loadConfig } from '../../src/config/index.ts';
import { askedDetails, cleanUpIdOf, parseCancelRequest, tenantKeyword } from '../../src/copy-job/index.ts';
import { planCopy } from '../../src/copy-job/plan.ts';
import { planTask } from '../../src/object-task/plan.ts';
import { describeIfThere } from '../../src/temporal/index.ts';
import { illFormedField, labelOf } from '../../src/text/index.ts';

const HALF = '\ud83d';

test.each<[unknown, string | undefined]>([
  ['whole 😀', undefined],
  [null, undefined],
  [{ a: ['b', { c: 1, d: '😀' }] }, undefined],
  [HALF, ''],
  ['\ude00\ud83d', ''],
  [{ a: { b: ['x', HALF] } }, 'a.b.1'],
  [{ z: HALF, a: 'x' }, 'z'],
  [{ a: HALF, b: HALF }, 'a'],
  [{ [`x${HALF}`]: 1 }, 'x\ufffd'],
  [{ ['x'.repeat(1e6)]: HALF }, 'x'.repeat(100)],
])('the first field of %j that is not well-formed is found', (value, field) => {
  expect(illFormedField(value)).toBe(field);
});

test('a value may be nested more deeply than the stack allows', () => {
  const deep = JSON.parse(`${'['.repeat(200_000)}"\\ud83d"${']'.repeat(200_000)}`);
  expect(illFormedField(deep)).toMatch(/^0\.0\./);
});

test.each([
  ['{"image_name_dst": "\\ud83d"}', 'image_name_dst: is not well-formed Unicode'],
  ['{"a": {"\\ude00": 1}}', 'a.\ufffd: is not well-formed Unicode'],
  ['"\\ud83d"', 'body: is not well-formed Unicode'],
])('the body %s is refused', async (body, message) => {
  const refused = parseJson({} as FastifyRequest, body);
  await expect(refused).rejects.toMatchObject({ kind: 'invalid', message });
});

test.each([
  ['image_id', (id: string) => ({ source: { region: 'a', image_id: id }, destination: { region: 'b' } })],
  [
    'image_name',
    (name: string) => ({
      source: { region: 'a', image_id: 'x' },
      destination: { region: 'b', image_name: name },
    }),
  ],
])('a copy is refused if its %s is not well-formed', (field, request) => {
  const region = { taskQueue: 'q', objectsOnly: false, store: {} };
  const regions = new Map(['a', 'b'].map((name) => [name, region]));
  const rules = { regions, limits: { heartbeatTimeout: 1, noWorkerTimeout: 1 } };
  expect(planCopy(request('x'), rules, 'id')).toMatchObject({ task_queue: 'q' });
  expect(() => planCopy(request(HALF), rules, 'id')).toThrow(`${field}: is not well-formed Unicode`);
});

test.each(['src_prefix', 'dest_prefix'])('a task is refused if its %s is not well-formed', (field) => {
  const end = { region: 'a', prefix: '' };
  const texts = { task_id: 't', tenant_id: 't', share_id: 's', target: 't', src_prefix: '', dest_prefix: '' };
  const request = { ...texts, type: 'import', source: end, destination: end, [field]: HALF };
  const rules = { regions: new Map(), limits: { heartbeatTimeout: 1, noWorkerTimeout: 1 } };
  expect(() => planTask(request, rules)).toThrow(`${field}: is not well-formed Unicode`);
});

test('a configuration is refused if a text in it is not well-formed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-config-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'config.yaml');
  await writeFile(file, 'regions: { a: { store: { driver: directory, path: "x\\ud83d" } } }');
  await expect(loadConfig(file)).rejects.toThrow('regions.a.store.path: is not well-formed Unicode');
});

test('a cancel is never refused: half a character in its reason is replaced', () => {
  expect(parseCancelRequest({ reason: HALF, requested_by: 'x' }).reason).toBe('\ufffd');
  expect(parseCancelRequest(`${'x'.repeat(511)}😀`).reason).toBe(`${'x'.repeat(511)}\ufffd`);
});

test.each([HALF, ''])('no workflow is found for the id %j, and Temporal is not asked', async (id) => {
  const getHandle = () => {
    throw new Error('Temporal was asked');
  };
  const client = { workflow: { getHandle } } as unknown as Client;
  expect(await describeIfThere(client, 'copyImage', id)).toBeUndefined();
});

/** Returns a text whose last character is cut in half after `length` UTF-16 units. */
const long = (length: number) => `${'x'.repeat(length - 1)}😀`;
const cut = (length: number) => `${'x'.repeat(length - 1)}\ufffd`;

test('half a character that a cut leaves is replaced', () => {
  expect(cleanUpIdOf(long(255), 'run')).toBe(`clean-up/${cut(255)}/run`);
  expect(askedDetails({ source: { image_id: long(255) } }).source_image_id).toBe(cut(255));
  expect(labelOf('😀'.repeat(100))).toBe(`…\ufffd${'😀'.repeat(29)}`);
});

test("half a character in a tenant's id is replaced before the id is encoded", () => {
  expect(tenantKeyword(`a${HALF}`)).toBe('a%EF%BF%BD');
});
