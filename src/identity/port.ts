/** Who has sent a request. */
export interface Principal {
  /** The tenant (Keystone: project) on whose behalf the request is made. */
  readonly tenant_id: string;
}

/** Tells who a token belongs to. A kind of identity is a file of `src/identity`. */
export interface Identity {
  /**
   * The token's owner; `null` where the token is not good.
   * @throws IdentityUnavailable
   */
  authenticate(token: string): Promise<Principal | null>;
  /**
   * Whether the token's owner may copy images into a tenant. Its own is always allowed.
   * @throws IdentityUnavailable
   */
  mayCopyInto(token: string, tenantId: string): Promise<boolean>;
  /** Throws IdentityUnavailable where tokens cannot be told apart at the moment. */
  check(): Promise<void>;
}

/** Tokens cannot be checked at the moment: neither good nor bad. */
export class IdentityUnavailable extends Error {
  override readonly name = 'IdentityUnavailable';
}
