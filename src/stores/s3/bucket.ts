import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { LRUCache } from 'lru-cache';
import { namesProxy, openAgent } from '../../http/index.ts';
import { type BriefDelete, briefDeletes } from './brief-delete.ts';
import type { JobObject } from './job-content.ts';
import { forgetQuotedSignatures } from './quoted-signatures.ts';
import { type RawGet, rawGets } from './raw-get.ts';
import { roundTrips } from './round-trip.ts';
import { serverClock } from './server-clock.ts';
import { addressOf } from './signed-address.ts';
import { leaveBodiesUnsigned } from './unsigned-bodies.ts';

/** Options of an S3 store: where its images are, and how they are reached. */
export interface S3Options {
  readonly bucket: string;
  /** The beginning of all keys: a folder's name, with or without the slash. */
  readonly prefix?: string;
  /** Address of a store that is not Amazon's. */
  readonly endpoint?: string;
  readonly region?: string;
  /** `true` if the bucket's name is in the path instead of the host's name. */
  readonly path_style?: boolean;
  /** Name of a profile in the shared credentials file; without it, the SDK's default chain. */
  readonly profile?: string;
  /** PEM file of the endpoint's certificate authorities. */
  readonly cacert?: string;
}

/** A bucket, and the keys of the images in it. */
export interface Bucket {
  readonly client: S3Client;
  readonly bucket: string;
  readonly keys: Keys;
  readonly rawGet: RawGet;
  /** Scheme, host and port of the server. */
  readonly endpoint: string;
  /** Names the service. A bucket of Amazon's in another region has another server, but the same service. */
  readonly service: string;
  readonly briefDelete: BriefDelete;
  /**
   * The job objects as this process has last read or written them, by key. They may have changed since. So a
   * write that relies on one of them MUST be conditional.
   */
  readonly jobObjects: LRUCache<string, JobObject>;
  /**
   * Returns in how many milliseconds the server answers small requests; `undefined` if that is not known yet.
   */
  readonly roundTrip: () => number | undefined;
}

/**
 * The objects of one image:
 *
 *     <prefix>/<image id>/job         which job makes or has made the image, and by which upload
 *     <prefix>/<image id>/data        the bytes
 *     <prefix>/<image id>/image.json  the record, written last: if it is there, the image is whole
 */
export interface Keys {
  readonly prefix: string;
  job(imageId: string): string;
  data(imageId: string): string;
  record(imageId: string): string;
  /** Returns the key of a plain object. */
  object(key: string): string;
}

const SOCKETS = 256;
const DEFAULT_REGION = 'us-east-1';
/** Maximum number of job objects that a process remembers. */
const MAX_REMEMBERED = 1000;

/** Opens a bucket, and sends no request yet. */
export function openBucket(options: S3Options): Bucket {
  const { bucket, endpoint, region, profile } = options;
  const ca = options.cacert === undefined ? null : readFileSync(options.cacert, 'utf8');
  const proxy = namesProxy(process.env) ? { proxyEnv: process.env } : {};
  const client = new S3Client({
    region: region ?? DEFAULT_REGION,
    // The SDK is slow to check what it has read, and each copy checks its own digest anyway.
    responseChecksumValidation: 'WHEN_REQUIRED',
    forcePathStyle: options.path_style ?? false,
    ...(endpoint !== undefined && { endpoint }),
    ...(profile !== undefined && { profile }),
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 10_000,
      socketTimeout: 60_000,
      httpAgent: { maxSockets: SOCKETS, ...proxy },
      httpsAgent: new Agent({
        keepAlive: true,
        maxSockets: SOCKETS,
        ...proxy,
        ...(ca !== null && { ca }),
      }),
    }),
  });
  leaveBodiesUnsigned(client);
  forgetQuotedSignatures(client);
  const located = addressOf(client, bucket);
  const agent = openAgent({ verify: true, ca });
  const address = endpoint ?? `https://s3.${region ?? DEFAULT_REGION}.amazonaws.com`;
  return {
    client,
    bucket,
    endpoint: new URL(address).origin,
    service: endpoint === undefined ? `amazon ${partitionOf(region)}` : new URL(address).origin,
    keys: keysBelow(options.prefix ?? ''),
    rawGet: rawGets(client, located, agent),
    briefDelete: briefDeletes(located, serverClock(client), agent),
    roundTrip: roundTrips(client),
    jobObjects: new LRUCache({ max: MAX_REMEMBERED }),
  };
}

/** Returns the partition of Amazon's cloud to which a region belongs. No service spans two partitions. */
function partitionOf(region = DEFAULT_REGION): string {
  return /^(cn|us-gov|us-iso)/.exec(region)?.[0] ?? 'aws';
}

function keysBelow(folder: string): Keys {
  const prefix = folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
  return {
    prefix,
    job: (imageId) => `${prefix}${imageId}/job`,
    data: (imageId) => `${prefix}${imageId}/data`,
    record: (imageId) => `${prefix}${imageId}/image.json`,
    object: (key) => `${prefix}${key}`,
  };
}
