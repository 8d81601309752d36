import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Session } from '../../src/openstack/index.ts';
import { refusal } from '../../src/stores/glance/answers.ts';
import { glanceApi } from '../../src/stores/glance/api.ts';
import { toRecord } from '../../src/stores/glance/image-json.ts';
import { recordOf } from '../stores/store-under-test.ts';

const DATA = Buffer.from('an image');
const record = recordOf(DATA);
const { properties, ...own } = record;
const image = { ...own, ...properties, os_hash_algo: 'sha512', virtual_size: null, self: '/v2/images/x' };

/** Returns a Glance that answers every call with this text and status. */
function answering(text: string, statusCode = 200) {
  const body = Readable.from([Buffer.from(text)]);
  const dump = async () => void (await body.toArray());
  const answer = { statusCode, headers: {}, body: Object.assign(body, { dump }) };
  const session = { requestImage: async () => answer } as unknown as Session;
  return { api: glanceApi(session), body };
}
const show = async (text: string) => toRecord(await answering(text).api.show({ project: null }, record.id));
const shown = (fields: object) => show(JSON.stringify({ ...image, ...fields }));

test('an answer of Glance about an image becomes a record', async () => {
  expect(await shown({})).toEqual(record);
});

test.each<[string, object]>([
  ['size', { size: 0.5 }],
  ['size', { size: -1 }],
  ['size', { size: 2 ** 53 }],
  ['size', { size: '8' }],
  ['min_ram', { min_ram: 1e300 }],
  ['name', { name: 5 }],
  ['name: is not well-formed', { name: '\ud83d' }],
  ['tags', { tags: 'lts' }],
  ['tags.0', { tags: [1] }],
  ['os_hash_value', { os_hash_value: 'abc' }],
  ['checksum', { checksum: 'abc' }],
  ['visibility', { visibility: 'secret' }],
])('a field with an impossible value is named, together with the image (%s, %j)', async (field, fields) => {
  const refused = await shown(fields).catch((error) => error);
  expect(refused).toMatchObject({ code: 'invalid_image', retryable: false });
  expect(refused.message).toContain(`the record of image ${record.id} cannot be used: ${field}`);
});

test('an answer of more than 1 MiB about an image is refused, and not read to its end', async () => {
  const { api, body } = answering(JSON.stringify({ ...image, long: 'x'.repeat(1024 * 1024) }));
  const refused = await api.show({ project: null }, record.id).catch((error) => error);
  expect(refused).toMatchObject({ code: 'invalid_image', retryable: false });
  expect(refused.message).toContain(record.id);
  expect(body.destroyed).toBe(true);
});

test.each(['<html>', '[]', 'null', '{}', ''])(
  'the answer %j cannot come from Glance, and counts as an outage that may pass',
  async (text) => {
    await expect(show(text)).rejects.toMatchObject({ code: 'unavailable' });
    const list = async () => {
      for await (const _image of answering(text).api.list({ project: null }));
    };
    await expect(list()).rejects.toMatchObject({ code: 'unavailable' });
  },
);

test('a Glance that does not report its quotas counts as one without quotas', async () => {
  const { api, body } = answering('<html>404 Not Found</html>', 404);
  expect(await api.usage({ project: null })).toEqual({});
  expect(body.readableEnded).toBe(true);
});

test('the usage of quotas is read from a good answer, which has to be JSON', async () => {
  const usage = { image_count_total: { limit: 10, usage: 1 } };
  expect(await answering(JSON.stringify({ usage })).api.usage({ project: null })).toEqual(usage);
  const refused = answering('<html>').api.usage({ project: null });
  await expect(refused).rejects.toMatchObject({ code: 'unavailable' });
});

test('half a character at the end of a refusal is replaced', async () => {
  const body = Readable.from([Buffer.from(`${'x'.repeat(199)}😀`)]);
  const { message } = await refusal({ statusCode: 400, headers: {}, body } as never);
  expect(message).toBe(`the image service answered 400: ${'x'.repeat(199)}\ufffd`);
});
