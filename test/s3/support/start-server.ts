import { startGateway } from './gateway.ts';
import type { S3Server, S3ServerOptions, ServerTraits } from './s3-server.ts';
import { startSeaweedFs } from './seaweedfs.ts';

interface Kind {
  start(options?: S3ServerOptions): Promise<S3Server>;
  readonly traits: ServerTraits;
}

const KINDS = new Map<string, Kind>([
  [
    'versitygw',
    {
      start: startGateway,
      traits: { listsChecksums: true, computesCrc64: true, storesFiles: true, writesOverMarkers: false },
    },
  ],
  [
    'seaweedfs',
    {
      start: startSeaweedFs,
      traits: { listsChecksums: false, computesCrc64: false, storesFiles: false, writesOverMarkers: true },
    },
  ],
]);

/** Returns the kind of server that the variable `S3_SERVER` names; by default versitygw. */
export function chosenServer(): Kind {
  const { S3_SERVER: name = 'versitygw' } = process.env;
  const kind = KINDS.get(name);
  if (kind === undefined) throw new Error(`S3_SERVER is one of ${[...KINDS.keys()].join(', ')}`);
  return kind;
}
