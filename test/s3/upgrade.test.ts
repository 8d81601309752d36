import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { endOf, startJob } from '../support/jobs.ts';
import {
  noPreviousRelease,
  type PreviousRelease,
  unpackPreviousRelease,
} from '../support/previous-release.ts';
import { until } from '../support/until.ts';
import { SERVER } from './s3-under-test.ts';

const SIZE = 128 * MIB;

const obstacle = noPreviousRelease();

let previous: PreviousRelease;
beforeAll(async () => {
  if (obstacle === null) previous = await unpackPreviousRelease();
});
afterAll(() => previous?.remove());

describe.each(['forwards', 'back'] as const)(
  'a worker that is replaced in the middle of a copy (%s)',
  (way) => {
    let deployment: Deployment;
    let client: S3Client;
    let Bucket: string;
    beforeEach(async ({ skip }) => {
      if (obstacle !== null) skip(obstacle);
      const endpoint = inject('s3Endpoint');
      client = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true });
      Bucket = `upgrade-${randomUUID()}`;
      await client.send(new CreateBucketCommand({ Bucket }));
      const regions = {
        ot1: { store: { driver: 'directory', path: 'ot1' } },
        ot2: { store: { driver: 's3', bucket: Bucket, endpoint, path_style: true } },
      };
      deployment = await deploy({
        limits: { heartbeat_timeout: '30s', heartbeat_interval: undefined },
        config: { regions },
      });
    });
    afterEach(async () => {
      await deployment?.stop();
      client?.destroy();
    });

    const [first, second] = way === 'forwards' ? ['previous', 'present'] : ['present', 'previous'];
    const start = (release: string | undefined, reads: number) =>
      deployment.startSlowWorker(reads, 0, ...(release === 'previous' ? [previous.command] : []));

    const uploads = async () =>
      (await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? [];
    const keys = async () => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key }) => Key).toSorted();
    };

    /** Returns the number of bytes of the copy's parts that S3 has. */
    async function bytesPut(): Promise<number> {
      const [upload] = await uploads();
      if (upload === undefined) return 0;
      const { Key, UploadId } = upload;
      const { Parts = [] } = await client.send(new ListPartsCommand({ Bucket, Key, UploadId }));
      return Parts.reduce((sum, { Size = 0 }) => sum + Size, 0);
    }

    /** Starts a copy with one release, and stops its worker in the middle. */
    async function begun() {
      const image = await deployment.addImage('ot1', SIZE);
      const worker = await start(first, 300);
      const jobId = await startJob(deployment, image.id);
      await until(async () => (await bytesPut()) >= SIZE / 3);
      expect(await worker.stop('SIGTERM')).toBe(0);
      const there = await bytesPut();
      expect(there).toBeLessThan(SIZE);
      return { image, jobId, there };
    }

    test.runIf(SERVER.listsChecksums)(
      'the other release goes on with the copy, and reads nothing again that S3 has',
      async () => {
        const { image, jobId, there } = await begun();
        const worker = await start(second, 0);
        expect(await endOf(deployment, jobId)).toMatchObject({
          status: 'replicated',
          sha512: image.os_hash_value,
          bytes_copied: SIZE,
        });
        const reads = worker.logged('attempt ended').reduce((sum, attempt) => sum + Number(attempt.read), 0);
        expect(reads).toBeLessThanOrEqual(SIZE - there);
        expect(await keys()).toEqual(['data', 'image.json', 'job'].map((name) => `${jobId}/${name}`));
        expect(await uploads()).toEqual([]);
      },
    );

    test('the other release cancels the copy, and leaves nothing', async () => {
      const { jobId } = await begun();
      await start(second, 300);
      await deployment.command('cancel', jobId);
      expect(await endOf(deployment, jobId)).toMatchObject({ status: 'canceled' });
      expect(await keys()).toEqual([]);
      expect(await uploads()).toEqual([]);
    });
  },
);
