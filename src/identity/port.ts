import type { UserCredential } from '../openstack/index.ts';

/** Who has sent a request. */
export interface Principal {
  /** The tenant (Keystone: project) on whose behalf the request is made. */
  readonly tenant_id: string;
  /** Whether it may start and cancel copies; otherwise it may look only. */
  readonly may_copy: boolean;
  /** Where the identity is a cloud's: the caller as that cloud's user, for as long as the request lasts. */
  readonly credential?: UserCredential;
}

/** Tells who a token belongs to. A kind of identity is a file of `src/identity`. */
export interface Identity {
  /** Tells a caller without a good token where to get one: the value of `WWW-Authenticate`. */
  readonly challenge?: string;
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
