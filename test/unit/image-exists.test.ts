import type { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import type { Limits, Region } from '../../src/config/index.ts';
import { createJobService } from '../../src/job-service/index.ts';
import { type ImageStore, StoreError, type StoreErrorCode } from '../../src/stores/index.ts';

const USER = { token: 'a-token', catalog: [] };

/** Returns a job service over regions whose stores give these answers about every image. */
function serviceOver(...answers: (StoreErrorCode | 'there')[]) {
  const regions = answers.map((answer, index): [string, Region] => {
    const inspect = async () => {
      if (answer !== 'there') throw new StoreError(answer, `it is ${answer}`);
    };
    const name = `r${index}`;
    return [name, { name, store: { inspect } as unknown as ImageStore } as Region];
  });
  return createJobService({ client: {} as Client, regions: new Map(regions), limits: {} as Limits });
}

test.each<[(StoreErrorCode | 'there')[], boolean]>([
  [['not_found', 'there'], true],
  [['forbidden', 'unavailable', 'there'], true],
  [['not_found', 'not_active'], true],
  [['not_found', 'not_found'], false],
])('if the regions answer %j, the image exists: %j', async (answers, exists) => {
  expect(await serviceOver(...answers).imageExists('a-tenant', 'an-image', USER)).toBe(exists);
});

test('a user without access gets `forbidden`; if our own account has no access, that is an outage', async () => {
  const service = serviceOver('not_found', 'forbidden');
  await expect(service.imageExists('a-tenant', 'an-image', USER)).rejects.toMatchObject({
    code: 'forbidden',
    message: 'it is forbidden',
  });
  await expect(service.imageExists('a-tenant', 'an-image')).rejects.toMatchObject({ code: 'unavailable' });
});
