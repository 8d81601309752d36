/** A configuration with every default filled in. Times are in milliseconds. */
export interface Config {
  readonly regions: ReadonlyMap<string, RegionConfig>;
  /** By id. */
  readonly shares: Shares;
  readonly api: ApiConfig;
  readonly identity: IdentityConfig | null;
  /** Where stores may keep what they have to keep while a copy runs. */
  readonly spool: { readonly path: string; readonly bytes: number } | null;
  readonly limits: Limits;
  /** Base address of Temporal's Web UI, for links. */
  readonly webUi: string | null;
  /** The configuration file's folder: relative paths in it are relative to this one. */
  readonly baseDirectory: string;
}

export interface RegionConfig {
  readonly name: string;
  readonly driver: string;
  readonly driverOptions: unknown;
  readonly taskQueue: string;
  /** A file share's, whose tenants may put anything there: what looks like an image is none. */
  readonly objectsOnly: boolean;
}

/** A file share that tenants may move files to and from. */
export interface Share {
  /** The region whose folder it is. */
  readonly region: string;
  /** By name: the region whose bucket it is. At the share, its files are in a folder of that name. */
  readonly targets: ReadonlyMap<string, string>;
  /** Who may use it. */
  readonly tenants: readonly string[];
}

export type Shares = ReadonlyMap<string, Share>;

export interface ApiConfig {
  readonly host: string;
  readonly port: number;
  /** Bytes. */
  readonly bodyLimit: number;
  readonly defaultSourceRegion: string | null;
  /** By host name in lower case, without the port. */
  readonly sourceRegionByHost: ReadonlyMap<string, string>;
  readonly destinationRegionByTenant: ReadonlyMap<string, string>;
}

export type IdentityConfig =
  | { readonly driver: 'token-file'; readonly path: string }
  | {
      readonly driver: 'keystone';
      /** Ends in `/v3`. */
      readonly authUrl: string;
      readonly verify: boolean;
      /** A PEM file of authorities. */
      readonly cacert: string | null;
      readonly cacheFor: number;
      /** In clouds.yaml: the account that looks access keys up; `null`: there are none. */
      readonly cloud: string | null;
    };

export interface Limits {
  readonly lanes: number;
  readonly concurrentActivities: number;
  readonly heartbeatTimeout: number;
  readonly stallAfter: number;
  readonly giveUpAfter: number;
  readonly noWorkerTimeout: number;
}

/** A configuration that cannot be used. Each problem names its key. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly string[]) {
    super(`${file} cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}
