import type { Rate } from './timetable.ts';

/** A configuration with every default filled in. Times are in milliseconds. */
export interface Config {
  readonly regions: ReadonlyMap<string, RegionConfig>;
  /** The regions by their ids. */
  readonly shares: Shares;
  readonly api: ApiConfig;
  readonly identity: IdentityConfig | null;
  /** The folder in which stores keep what they need while a copy runs, and its size. */
  readonly spool: { readonly path: string; readonly bytes: number } | null;
  readonly limits: Limits;
  /** The encryption of what Temporal stores; `null` for none. */
  readonly encryption: EncryptionConfig | null;
  /** Tells how much a tenant may ask of the facade. */
  readonly tenantLimits: (tenantId: string) => TenantLimits;
  /** The address at which `serve` and `worker` tell their metrics and their health; `null` for none. */
  readonly metrics: { readonly host: string; readonly port: number } | null;
  readonly log: { readonly level: LogLevel };
  /** The base address of Temporal's Web UI, for links. */
  readonly webUi: string | null;
  /** The folder of the configuration file, to which relative paths in it refer. */
  readonly baseDirectory: string;
  /** The contents of the file. */
  readonly contents: object;
}

/** The least severe lines that are logged. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface RegionConfig {
  readonly name: string;
  readonly driver: string;
  readonly driverOptions: unknown;
  readonly taskQueue: string;
  /** Bytes a second that a worker may read from the region and write to it; `null` if there is no limit. */
  readonly bandwidth: Rate;
  /** The region is a file share's: tenants may put anything there, so nothing in it counts as an image. */
  readonly objectsOnly: boolean;
}

/** A file share that tenants may move files to and from. */
export interface Share {
  /** The region whose folder holds the share. */
  readonly region: string;
  /** The regions of the buckets, by name. At the share, a bucket's files are in a folder of that name. */
  readonly targets: ReadonlyMap<string, string>;
  /** The tenants who may use the share. */
  readonly tenants: readonly string[];
}

export type Shares = ReadonlyMap<string, Share>;

/** The place of a key, which is 32 bytes in base64: a file, or a variable of the environment. */
export type KeyReference = { readonly file: string } | { readonly env: string };

export interface EncryptionConfig {
  /** Id of the key that new payloads are encrypted with. */
  readonly current: string;
  /** By id: every key that payloads may be encrypted with. */
  readonly keys: ReadonlyMap<string, KeyReference>;
}

/** Paths of a certificate and its key, both PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export interface ApiConfig {
  readonly host: string;
  readonly port: number;
  /** `null`: the facade speaks plain HTTP. */
  readonly tls: TlsFiles | null;
  /** The size in bytes. */
  readonly bodyLimit: number;
  readonly defaultSourceRegion: string | null;
  /** The regions by host name, in lower case and without the port. */
  readonly sourceRegionByHost: ReadonlyMap<string, string>;
  readonly destinationRegionByTenant: ReadonlyMap<string, string>;
  /** Facades that share it read each other's markers; `null`: each facade makes one of its own. */
  readonly secret: string | null;
}

export type IdentityConfig =
  | { readonly driver: 'token-file'; readonly path: string }
  | {
      readonly driver: 'keystone';
      /** Keystone's address, which ends in `/v3`. */
      readonly authUrl: string;
      readonly verify: boolean;
      /** Path of a PEM file with certificate authorities. */
      readonly cacert: string | null;
      readonly cacheFor: number;
      /**
       * The cloud in clouds.yaml whose account looks access keys up; `null` if access keys are not accepted.
       */
      readonly cloud: string | null;
    };

export interface Limits {
  /** Lanes of each endpoint, which all copies of a worker share. A number is each copy's own. */
  readonly lanes: number | { readonly min: number; readonly max: number };
  /** Bytes that all copies of a worker may keep in memory. */
  readonly memory: number;
  /** The limit of all copies of a worker together. */
  readonly bandwidth: Rate;
  /**
   * By the names of source and destination, as in `ot1->ot2`: the limit of copies from the one to the other.
   */
  readonly pairBandwidth: ReadonlyMap<string, Rate>;
  /** By tenant id: the limit of copies that the tenant has ordered. */
  readonly tenantBandwidth: ReadonlyMap<string, Rate>;
  readonly concurrentActivities: number;
  readonly heartbeatTimeout: number;
  /** How often a worker tells Temporal of a step at most; milliseconds. */
  readonly heartbeatInterval: number;
  readonly stallAfter: number;
  readonly giveUpAfter: number;
  readonly noWorkerTimeout: number;
}

/** How much one tenant may ask of the facade. */
export interface TenantLimits {
  readonly requestsPerSecond: number;
  readonly concurrentRequests: number;
  /** Jobs that are followed at the same time. */
  readonly eventStreams: number;
  readonly openJobs: number;
  readonly jobsPerHour: number;
  /** `null`: any number. */
  readonly bytesUnderWay: number | null;
}

/** The configuration cannot be used. Each problem names its key. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly string[]) {
    super(`${file} cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}
