import { expect, onTestFinished, test } from 'vitest';
import { storeContract } from '../stores/contract.ts';
import { alteredDataContract } from '../stores/contract-altered-data.ts';
import { blockSinkContract } from '../stores/contract-block-sink.ts';
import { recordsContract } from '../stores/contract-records.ts';
import { codeOf } from '../stores/store-under-test.ts';
import { openS3, S3_TRAITS, SERVER } from './s3-under-test.ts';

storeContract('s3', openS3, S3_TRAITS);
alteredDataContract('s3', openS3);
recordsContract('s3', openS3);
blockSinkContract('s3', openS3, SERVER.listsChecksums);

test('an ill-formed id is not found, even if an object has the name that it would become', async () => {
  const { store, put, close } = await openS3();
  onTestFinished(close);
  await put('x\ufffd', 'data');
  const named = (image_id: string) => ({ image_id, tenant_id: null });
  const { pin } = await store.inspect(named('x\ufffd'));
  expect(await codeOf(store.inspect(named('x\ud800')))).toBe('not_found');
  expect(await codeOf(store.openReader(named('x\ud800'), pin))).toBe('not_found');
});
