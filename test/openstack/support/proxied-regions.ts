import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Deployment, MIB } from '../../support/deployment.ts';
import { until } from '../../support/until.ts';
import { deployOnCloud } from './glance-deployment.ts';
import { storeFiles } from './glance-state.ts';
import { imageUrl, showImage } from './images.ts';
import { type FaultyProxy, startProxy } from './proxy.ts';
import { regionInFront } from './regions-in-front.ts';
import { type Tenant, tenant } from './tenants.ts';

/**
 * The product, which copies between two regions. Each region is behind a proxy into which a test can inject
 * faults.
 */
export interface ProxiedRegions {
  readonly deployment: Deployment;
  readonly alice: Tenant;
  readonly source: FaultyProxy;
  readonly destination: FaultyProxy;
  /** Lists the contents of the worker's spool, or nothing if it has none. */
  spooled(): Promise<string[]>;
  /** Starts a copy of an image in ot1 within alice's project. Returns the id of the job. */
  copy(imageId: string): Promise<string>;
  /**
   * Starts a copy that stops in the middle of its upload: after a few parts no more come, until
   * `source.heal()`.
   */
  halfCopy(imageId: string): Promise<string>;
  /** Expects that nothing of a job is left in ot2: no image, and no data. */
  expectNothingLeft(jobId: string): Promise<void>;
  stop(): Promise<void>;
}

/** Matches the path of the data of an image, for uploads and downloads. */
export const FILE = /\/file$/;

export async function proxiedRegions({ spool = false } = {}): Promise<ProxiedRegions> {
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-spool-'));
  const [source, destination] = [
    await startProxy(await imageUrl('ot1')),
    await startProxy(await imageUrl('ot2')),
  ];
  const regions = [await regionInFront(source.url), await regionInFront(destination.url)];
  const deployment = await deployOnCloud({
    regionNames: { ot1: regions[0]?.name ?? '', ot2: regions[1]?.name ?? '' },
    ...(spool && { spool: { path: folder, size: '200MiB' } }),
  });
  await deployment.startApi();
  const alice = await tenant(deployment, 'alice', 'tenant-a');
  const copy = (image_id: string) => alice.jobs.start({ image_id, tenant_id_dst: alice.project });
  return {
    deployment,
    alice,
    source,
    destination,
    spooled: () => readdir(folder),
    copy,
    async halfCopy(imageId) {
      const downloads = { method: 'GET', path: FILE };
      source.inject({ ...downloads, times: 3 });
      source.inject({ ...downloads, times: 4, response: { after: 2 * MIB, pause: null } });
      source.inject({ ...downloads, times: 1000, status: 503 });
      const jobId = await copy(imageId);
      await until(() => source.count('GET', FILE) > 7 && destination.count('PUT', FILE) > 0);
      return jobId;
    },
    async expectNothingLeft(jobId) {
      expect(await showImage('ot2', alice, jobId)).toEqual({ status: 'gone' });
      // Glance removes the rest of an upload once it has noticed that the upload is gone.
      await until(async () => !(await storeFiles('ot2')).includes(jobId));
    },
    async stop() {
      await deployment.stop();
      await Promise.all([source.close(), destination.close()]);
      for (const region of regions) await region.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
