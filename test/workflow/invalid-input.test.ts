import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endOf, type Rig, startRig } from '../support/workflow-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ workers: false });
  // No worker serves the destination, because an invalid request never gets that far.
  await rig.workers.startWorkflows();
});
afterAll(() => rig?.stop());

const source = { region: 'ot1', image_id: 'an-image' };
const destination = { region: 'ot2' };

test.each<[string, string, unknown]>([
  ['no input', 'source', undefined],
  ['null', 'source', null],
  ['a string', 'input', 'an-image'],
  ['a list', 'input', [source, destination]],
  ['an empty object', 'source', {}],
  ['no source', 'source', { destination }],
  ['no destination', 'destination', { source }],
  ['no source region', 'source.region', { source: { image_id: 'an-image' }, destination }],
  ['no image id', 'source.image_id', { source: { region: 'ot1' }, destination }],
  ['no destination region', 'destination.region', { source, destination: {} }],
  ['an empty image id', 'source.image_id', { source: { ...source, image_id: '' }, destination }],
  [
    'an image id of 256 characters',
    'source.image_id',
    { source: { ...source, image_id: 'x'.repeat(256) }, destination },
  ],
  ['an image id that is a number', 'source.image_id', { source: { ...source, image_id: 7 }, destination }],
  ['a source that is a string', 'source', { source: 'ot1/an-image', destination }],
  ['a tenant that is null', 'source.tenant_id', { source: { ...source, tenant_id: null }, destination }],
  ['an unknown field', 'priority', { source, destination, priority: 1 }],
  ['an unknown field within', 'destination.flavor', { source, destination: { ...destination, flavor: 'x' } }],
  ['an unknown source region', 'source.region', { source: { ...source, region: 'ot9' }, destination }],
  ['an unknown destination region', 'destination.region', { source, destination: { region: 'ot9' } }],
  ['the source region as destination', 'destination.region', { source, destination: { region: 'ot1' } }],
])('%s fails the job at once, and the message names %s', async (_input, field, input) => {
  const handle = await rig.startWith(input);
  const { closed, details, failure } = await endOf({ handle });
  expect(closed).toBe('FAILED');
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({ type: 'invalid_request', nonRetryable: true });
  expect(failure?.message.split(':')[0]).toBe(field);
  const fault = { code: 'invalid_request', side: null, message: failure?.message };
  expect((failure as ApplicationFailure).details).toEqual([fault]);
  expect(details).toMatchObject({ status: 'error', phase: null, destination_image_id: null, fault });

  const { events } = await handle.fetchHistory();
  expect(events?.filter(({ activityTaskScheduledEventAttributes: task }) => task)).toEqual([]);
  expect(await rig.deployment.files('ot2')).toEqual([]);
});

test('an invalid job is listed as a failed one', async () => {
  const handle = await rig.startWith({ source, destination: { region: 'nowhere' } });
  expect((await endOf({ handle })).status).toBe('error');
});
