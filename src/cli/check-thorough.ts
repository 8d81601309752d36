import { statfs } from 'node:fs/promises';
import type { Client } from '@temporalio/client';
import type { Config, Region } from '../config/index.ts';
import { isStoreError, type TrialStep, tryImages, tryObjects } from '../stores/index.ts';
import { bytesText, spanText } from '../text/index.ts';
import { causesOf, type Finding } from './finding.ts';

/** The names that `check` prints for the steps of a trial. */
const STEPS: Readonly<Record<TrialStep, string>> = {
  list: 'list what is there',
  room: 'check the room',
  reserve: 'reserve a place',
  write: 'write data',
  find: 'find the data as the sweep does',
  clock: 'compare the clocks',
  commit: 'make an image of the data',
  read: 'read the image back',
  remove: 'remove what was written',
};

/** The rights that each step needs, by the driver of the store. */
const RIGHTS: Readonly<Record<string, Partial<Record<TrialStep, string>>>> = {
  directory: {
    list: 'to read the folder (r and x)',
    reserve: 'to write in the folder (w and x)',
    write: 'to write in the folder (w and x)',
    remove: 'to write in the folder (w and x)',
  },
  s3: {
    list: 's3:ListBucket, s3:GetObject',
    reserve: 's3:GetObject, s3:PutObject, s3:ListBucket',
    write: 's3:PutObject, s3:GetObject, s3:ListMultipartUploadParts',
    find: 's3:ListBucket, s3:ListBucketMultipartUploads, s3:ListMultipartUploadParts',
    commit: 's3:PutObject, s3:GetObject',
    read: 's3:GetObject',
    remove: 's3:DeleteObject, s3:AbortMultipartUpload; with versions also s3:DeleteObjectVersion',
  },
  glance: {
    list: "the role member, or the policy 'get_images'",
    reserve: "the role member, or the policy 'add_image'",
    write: "the role member, or the policy 'upload_image'",
    find: "the role member, or the policy 'get_image'",
    commit: "the role member, or the policy 'modify_image'",
    read: "the role member, or the policies 'get_image' and 'download_image'",
    remove: "the role member, or the policies 'modify_image' and 'delete_image'",
  },
};

/**
 * Tries every operation that a copy needs in a region, and leaves nothing there. Returns a finding for each
 * step, and for what an operator should know.
 */
export async function thoroughRegion(
  { name, store, objectsOnly }: Region,
  { regions }: Pick<Config, 'regions'>,
  tenantId: string | null,
): Promise<Finding[]> {
  const rights = RIGHTS[regions.get(name)?.driver ?? ''] ?? {};
  const { objects } = store;
  const trial = objectsOnly && objects ? tryObjects(objects) : tryImages(store, tenantId);
  const findings: Finding[] = [];
  for await (const { step, error } of trial) {
    const needs = isStoreError(error, 'forbidden') && rights[step] ? `; it needs ${rights[step]}` : '';
    const problem = error === null ? null : `${causesOf(error)}${needs}`;
    findings.push({ what: `region ${name}: ${STEPS[step]}`, problem });
  }
  if (objectsOnly && findings.every(({ problem }) => problem === null) && (await objects?.ignoresCase?.())) {
    const limit = 'an object replaces another one if only the case of their paths differs';
    findings.push({
      what: `region ${name}: its file system ignores case: ${limit}`,
      problem: null,
      isNote: true,
    });
  }
  return findings;
}

/** Returns findings about the settings of Temporal's namespace that matter for jobs. */
export async function thoroughTemporal({ workflowService, options }: Client): Promise<Finding[]> {
  const { namespace } = options;
  const { namespaceInfo, config } = await workflowService.describeNamespace({ namespace });
  const retention = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1000;
  const pause: Finding = namespaceInfo?.capabilities?.workflowPause
    ? { what: 'Temporal lets jobs be paused', problem: null }
    : {
        what: 'Temporal does not let jobs be paused: its operator can set frontend.WorkflowPauseEnabled',
        problem: null,
        isNote: true,
      };
  return [pause, { what: `Temporal keeps jobs that have ended for ${spanText(retention)}`, problem: null }];
}

/** Throws if the spool may become larger than the file system of its folder. */
export async function assertSpoolFits({ path, bytes }: { path: string; bytes: number }): Promise<void> {
  const { blocks, bsize } = await statfs(path);
  const whole = blocks * bsize;
  if (whole >= bytes) return;
  const [has, wanted] = [whole, bytes].map(bytesText);
  throw new Error(`spool.size: is ${wanted}, and its file system has only ${has}; make it smaller`);
}
