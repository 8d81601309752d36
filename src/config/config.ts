import type { SecretReference } from './secret.ts';
import type { Rate } from './timetable.ts';

/** A configuration with every default filled in. Times are in milliseconds. */
export interface Config {
  readonly regions: ReadonlyMap<string, RegionConfig>;
  /** The file shares by their ids. */
  readonly shares: Shares;
  readonly api: ApiConfig;
  readonly identity: IdentityConfig | null;
  /** The folder in which workers keep bytes between source and destination, and its largest size. */
  readonly spool: { readonly path: string; readonly bytes: number } | null;
  readonly limits: Limits;
  /** The encryption of what Temporal stores; `null` for none. */
  readonly encryption: EncryptionConfig | null;
  /** Returns how much a tenant may ask of the facade. */
  readonly tenantLimits: (tenantId: string) => TenantLimits;
  /** The address at which `serve` and `worker` serve metrics and health checks; `null` if they do not. */
  readonly metrics: { readonly host: string; readonly port: number } | null;
  readonly log: { readonly level: LogLevel };
  /** The base address of Temporal's Web UI, for links. */
  readonly webUi: string | null;
  /** The folder of the configuration file, to which relative paths in it refer. */
  readonly baseDirectory: string;
  /** The contents of the file that are in force, without defaults. */
  readonly contents: object;
}

/** The levels of log lines. The configured level is the lowest that is logged. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

/** A region of the configuration. Its store is not open yet. */
export interface RegionConfig {
  readonly name: string;
  readonly driver: string;
  readonly driverOptions: unknown;
  readonly taskQueue: string;
  /** The limit of the bytes that a worker reads from the region and writes to it, taken together. */
  readonly bandwidth: Rate;
  /**
   * `true` if the region belongs to a file share. Nothing there counts as an image, because tenants can write
   * to a share.
   */
  readonly objectsOnly: boolean;
}

/** A file share. Tenants can move files to it and from it. */
export interface Share {
  /** The directory region whose folder is the share. */
  readonly region: string;
  /** The regions of the buckets, by target. A target has the name of a folder of the share. */
  readonly targets: ReadonlyMap<string, string>;
  /** The tenants who may use the share. */
  readonly tenants: readonly string[];
}

/** The file shares by their ids. */
export type Shares = ReadonlyMap<string, Share>;

/** How payloads are encrypted before Temporal gets them. */
export interface EncryptionConfig {
  /** The id of the key with which new payloads are encrypted. */
  readonly current: string;
  /** The places of all keys by their ids, including those of older payloads. A key is 32 bytes in base64. */
  readonly keys: ReadonlyMap<string, SecretReference>;
}

/** Paths of a certificate and its key, both PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** The configuration of the REST facade. */
export interface ApiConfig {
  readonly host: string;
  readonly port: number;
  /** `null` if the facade uses plain HTTP. */
  readonly tls: TlsFiles | null;
  /** The largest body of a request; bytes. */
  readonly bodyLimit: number;
  readonly defaultSourceRegion: string | null;
  /** The source regions by host name. Host names are in lower case, and without the port. */
  readonly sourceRegionByHost: ReadonlyMap<string, string>;
  readonly destinationRegionByTenant: ReadonlyMap<string, string>;
  /**
   * The key that signs the markers of lists, or the place of the key. Facades with the same key can read each
   * other's markers. If `null`, each facade uses a random one.
   */
  readonly secret: string | SecretReference | null;
}

/** How the facade authenticates its callers, by driver. */
export type IdentityConfig =
  | { readonly driver: 'token-file'; readonly path: string }
  | {
      readonly driver: 'keystone';
      /** Keystone's address, which ends in `/v3`. */
      readonly authUrl: string;
      readonly verify: boolean;
      /** Path of a PEM file with certificate authorities. */
      readonly cacert: string | null;
      /** How long a valid token is not checked again; milliseconds. */
      readonly cacheFor: number;
      /**
       * The entry of clouds.yaml whose account looks up access keys; `null` if access keys are not accepted.
       */
      readonly cloud: string | null;
    };

/** The limits of a worker, and the time-outs of a copy. */
export interface Limits {
  /**
   * How many lanes there are. A number holds for each copy by itself. `min` and `max` are the bounds for each
   * server, whose lanes all copies of a worker share.
   */
  readonly lanes: number | { readonly min: number; readonly max: number };
  /** The largest number of bytes that all copies of a worker keep in memory. */
  readonly memory: number;
  /** The limit of all copies of a worker together. */
  readonly bandwidth: Rate;
  /**
   * The limits of all copies from one region to another, by the names of both regions, such as `ot1->ot2`.
   */
  readonly pairBandwidth: ReadonlyMap<string, Rate>;
  /** The limits of all copies for a tenant, by the tenant's id. */
  readonly tenantBandwidth: ReadonlyMap<string, Rate>;
  /** The largest number of activities that a worker runs at a time for one region. */
  readonly concurrentActivities: number;
  /** A worker that sends no heartbeat for this long counts as dead; milliseconds. */
  readonly heartbeatTimeout: number;
  /** The shortest time between two heartbeats of a step that a worker sends to Temporal; milliseconds. */
  readonly heartbeatInterval: number;
  /** A part that moves no byte for this long is read or written again; milliseconds. */
  readonly stallAfter: number;
  /** A step that makes no progress for this long fails; milliseconds. */
  readonly giveUpAfter: number;
  /** A step that no worker takes for this long fails; milliseconds. */
  readonly noWorkerTimeout: number;
}

/** How much one tenant may ask of the facade. */
export interface TenantLimits {
  readonly requestsPerSecond: number;
  readonly concurrentRequests: number;
  /** The largest number of jobs that are followed at the same time. */
  readonly eventStreams: number;
  readonly openJobs: number;
  readonly jobsPerHour: number;
  /** The largest total size of the images that are being copied; bytes; `null` for no limit. */
  readonly bytesUnderWay: number | null;
}

/** The configuration file cannot be used. Each problem begins with the key that is wrong, if there is one. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly string[]) {
    super(`${file} cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}
