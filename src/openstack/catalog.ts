/** Which of a service's addresses to use; clouds.yaml's `interface`. */
export type Interface = 'public' | 'internal' | 'admin';

/** A token's catalog, as Keystone's API v3 gives it. */
export type Catalog = readonly {
  readonly type: string;
  readonly endpoints: readonly {
    readonly interface: string;
    readonly region_id: string | null;
    readonly url: string;
  }[];
}[];

/** A user of the cloud's, for as long as one request of theirs lasts. Never to be stored or logged. */
export interface UserCredential {
  readonly token: string;
  /** The token's own: it goes to no other address. */
  readonly catalog: Catalog;
}
