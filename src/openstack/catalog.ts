/** Says which of a service's addresses is used; clouds.yaml calls it `interface`. */
export type Interface = 'public' | 'internal' | 'admin';

/** The catalog of a token, in the form that Keystone's API v3 gives. */
export type Catalog = readonly {
  readonly type: string;
  readonly endpoints: readonly {
    readonly interface: string;
    readonly region_id: string | null;
    readonly url: string;
  }[];
}[];

/** The token of a user whose request is being served. It MUST NOT be stored or logged. */
export interface UserCredential {
  readonly token: string;
  /** The catalog that came with the token. The token MUST NOT be sent to any other address. */
  readonly catalog: Catalog;
}
