import { expect, test } from 'vitest';
import { requestedSearchAttributes } from '../../src/copy-job/index.ts';
import { InvalidRequest, type PlanningRules, planCopy } from '../../src/copy-job/plan.ts';

const RULES: PlanningRules = {
  regions: new Map([
    ['ot1', { taskQueue: 'queue-1', objectsOnly: false, store: { objects: {} } }],
    ['ot2', { taskQueue: 'queue-2', objectsOnly: false, store: { objects: {} } }],
    ['images', { taskQueue: 'queue-3', objectsOnly: false, store: {} }],
    ['share', { taskQueue: 'queue-4', objectsOnly: true, store: { objects: {} } }],
  ]),
  limits: { heartbeatTimeout: 30_000, noWorkerTimeout: 86_400_000 },
};
const SOURCE = { region: 'ot1', image_id: 'image-1' };
const DESTINATION = { region: 'ot2' };

test('two regions and an image are enough: the rest has defaults', () => {
  expect(planCopy({ source: SOURCE, destination: DESTINATION }, RULES, 'reserved')).toEqual({
    source: { region: 'ot1', image_id: 'image-1', tenant_id: null },
    destination: { region: 'ot2', image_id: 'reserved', tenant_id: null, image_name: null },
    task_queue: 'queue-2',
    short_task_queue: 'queue-2/short',
    heartbeat_timeout: 30_000,
    no_worker_timeout: 86_400_000,
  });
});

test('the plan takes every field that the request has', () => {
  const source = { ...SOURCE, tenant_id: 'tenant-a' };
  const destination = { ...DESTINATION, image_id: 'mine', tenant_id: 'tenant-b', image_name: 'Ubuntu' };
  expect(planCopy({ source, destination }, RULES, 'reserved')).toMatchObject({ source, destination });
});

test("the copy belongs to the source's tenant unless another tenant is named", () => {
  const source = { ...SOURCE, tenant_id: 'tenant-a' };
  const plan = planCopy({ source, destination: DESTINATION }, RULES, 'reserved');
  expect(plan.destination.tenant_id).toBe('tenant-a');
});

test("an object's path may be as long as a file's, and is the same at the destination unless another is named", () => {
  const source = { region: 'ot1', image_id: `deep/${'x'.repeat(4000)}` };
  const plan = planCopy({ objects: true, source, destination: DESTINATION }, RULES, 'reserved');
  expect(plan).toMatchObject({ objects: true, destination: { region: 'ot2', image_id: source.image_id } });
  const named = { region: 'ot2', image_id: 'other' };
  expect(
    planCopy({ objects: true, source, destination: named }, RULES, 'reserved').destination.image_id,
  ).toBe('other');
  for (const { value } of requestedSearchAttributes(plan)) expect(String(value).length).toBeLessThan(256);
});

const long = 'x'.repeat(256);

test.each<[field: string, what: string, request: unknown]>([
  ['source', 'an empty request', {}],
  ['source', 'no request at all', undefined],
  ['source', 'null', null],
  ['input', 'a text', 'copy it'],
  ['input', 'a list', [SOURCE]],
  ['source', 'a request without a source', { destination: DESTINATION }],
  ['source', 'a source that is a text', { source: 'ot1', destination: DESTINATION }],
  ['source.region', 'no source region', { source: { image_id: 'i' }, destination: DESTINATION }],
  ['source.region', 'a number for a region', { source: { ...SOURCE, region: 1 }, destination: DESTINATION }],
  ['source.region', 'an unknown region', { source: { ...SOURCE, region: 'ot9' }, destination: DESTINATION }],
  ['source.image_id', 'no image', { source: { region: 'ot1' }, destination: DESTINATION }],
  ['source.image_id', 'an empty id', { source: { ...SOURCE, image_id: '' }, destination: DESTINATION }],
  ['source.image_id', 'a huge id', { source: { ...SOURCE, image_id: long }, destination: DESTINATION }],
  ['source.tenant_id', 'an empty tenant', { source: { ...SOURCE, tenant_id: '' }, destination: DESTINATION }],
  ['source.tenat_id', 'a misspelt field', { source: { ...SOURCE, tenat_id: 'a' }, destination: DESTINATION }],
  ['destination', 'no destination', { source: SOURCE }],
  ['destination.region', 'no destination region', { source: SOURCE, destination: {} }],
  ['destination.region', 'an unknown region', { source: SOURCE, destination: { region: 'ot9' } }],
  ['destination.region', "the source's region", { source: SOURCE, destination: { region: 'ot1' } }],
  ['destination.image_id', 'an empty id', { source: SOURCE, destination: { ...DESTINATION, image_id: '' } }],
  ['destination.tenant_id', 'a number', { source: SOURCE, destination: { ...DESTINATION, tenant_id: 7 } }],
  [
    'destination.image_name',
    'a huge name',
    { source: SOURCE, destination: { ...DESTINATION, image_name: long } },
  ],
  ['destination.name', 'a misspelt field', { source: SOURCE, destination: { ...DESTINATION, name: 'x' } }],
  ['objects', 'a flag that is a text', { objects: 'yes', source: SOURCE, destination: DESTINATION }],
  [
    'source.image_id',
    'a huge path',
    { objects: true, source: { ...SOURCE, image_id: 'x'.repeat(4097) }, destination: DESTINATION },
  ],
  [
    'source.region',
    'objects from a region for images',
    { objects: true, source: { ...SOURCE, region: 'images' }, destination: DESTINATION },
  ],
  [
    'destination.region',
    'objects to a region for images',
    { objects: true, source: SOURCE, destination: { region: 'images' } },
  ],
  [
    'source.region',
    'an image of a share',
    { source: { ...SOURCE, region: 'share' }, destination: DESTINATION },
  ],
  ['destination.region', 'an image for a share', { source: SOURCE, destination: { region: 'share' } }],
  ['priority', 'an unknown field', { source: SOURCE, destination: DESTINATION, priority: 1 }],
])('the error names the field %s in %s', (field, _what, request) => {
  const error = refused(request);
  expect(error).toMatchObject({ field, code: 'invalid_request' });
  expect(error.message.startsWith(`${field}: `)).toBe(true);
});

test.each(['source', 'destination'])(
  'the error for an unknown %s region lists the regions that exist',
  (side) => {
    const request = { source: SOURCE, destination: DESTINATION };
    const error = refused({ ...request, [side]: { ...request[side as 'source'], region: 'ot9' } });
    expect(error.message).toContain("'ot9'");
    expect(error.message).toContain('ot1, ot2, images');
  },
);

test("a copy of an image to a share is refused with the share's name and the reason; a copy of an object is not", () => {
  const request = { source: SOURCE, destination: { region: 'share' } };
  expect(refused(request).message).toContain("'share' belongs to a file share");
  expect(planCopy({ objects: true, ...request }, RULES, 'reserved').task_queue).toBe('queue-4');
});

test('a copy within one region is refused, even under another id', () => {
  const error = refused({ source: SOURCE, destination: { region: 'ot1', image_id: 'another' } });
  expect(error.message).toContain("the source's region");
});

function refused(request: unknown): InvalidRequest {
  try {
    planCopy(request, RULES, 'reserved');
  } catch (error) {
    if (error instanceof InvalidRequest) return error;
    throw error;
  }
  throw new Error('the request was accepted');
}
