import { request } from 'undici';
import { openAgent } from '../../../src/http/index.ts';
import type { TestProcess } from '../../support/process.ts';
import { until } from '../../support/until.ts';

/** A real S3 server on loopback. */
export interface S3Server {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export interface S3ServerOptions {
  /** The port; by default a free one. */
  readonly port?: number;
  /** PEM files for TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** The server's only account. */
  readonly account?: typeof ACCOUNT;
}

/** The traits in which servers differ. Amazon's server has all of them except `storesFiles`. */
export interface ServerTraits {
  /** The server lists the checksums of an upload's parts, so that another attempt can go on with them. */
  readonly listsChecksums: boolean;
  /** The server computes a CRC64NVME of an object that it has put together from copied parts. */
  readonly computesCrc64: boolean;
  /** Objects are files, so an object `a` is in the way of an object `a/b`. */
  readonly storesFiles: boolean;
  /** If the bucket keeps versions, a deleted object is not in the way of one that has to be new. */
  readonly writesOverMarkers: boolean;
}

/** The only account of a server, unless another one is given. */
export const ACCOUNT = { accessKeyId: 'test', secretAccessKey: 'test-secret' };

/** Waits until a server that is starting answers requests. */
export async function untilAnswering(server: TestProcess, endpoint: string): Promise<void> {
  const dispatcher = openAgent({ verify: false, ca: null });
  await until(async () => {
    if (server.exitCode !== null) throw new Error(`the S3 server has ended: ${server.output()}`);
    return request(endpoint, { dispatcher }).then(
      ({ body }) => body.dump().then(() => true),
      () => false,
    );
  });
  await dispatcher.close();
}
