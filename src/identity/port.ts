import type { UserCredential } from '../openstack/index.ts';

/** The sender of a request. */
export interface Principal {
  /** The tenant (Keystone: project) on whose behalf the request is made. */
  readonly tenant_id: string;
  /** True if the sender may start and cancel copies; false if it may only look. */
  readonly may_copy: boolean;
  /** The sender as a user of the cloud, if the identity is a cloud's. It MUST NOT outlive the request. */
  readonly credential?: UserCredential;
  /**
   * Tells whether the sender may copy images into a tenant. It may always copy into its own.
   * @throws IdentityUnavailable
   */
  mayCopyInto(tenantId: string): Promise<boolean>;
}

/** Tells who has sent a request. Each kind of identity is a file of `src/identity`. */
export interface Identity {
  /** The value of `WWW-Authenticate`, which tells a caller without a good token where to get one. */
  readonly challenge?: string;
  /**
   * Returns the owner of a token, or `null` if the token is not good.
   * @throws IdentityUnavailable
   */
  authenticate(token: string): Promise<Principal | null>;
  /**
   * Returns an access key, or `null` if there is no such key. Requests are signed with access keys, so nobody
   * can sign requests with an identity that lacks this method.
   * @throws IdentityUnavailable
   */
  accessKey?(access: string): Promise<AccessKey | null>;
  /** Throws IdentityUnavailable if callers cannot be authenticated at the moment. */
  check(): Promise<void>;
}

/** A key that a caller claims to have. It MUST NOT be stored or logged. */
export interface AccessKey {
  /** The secret that the caller has to have signed with. */
  readonly secret: string;
  /**
   * Returns the owner of the key, or `null` if the key is good for nothing (any more). Ask only after the
   * signature has proved to be good.
   * @throws IdentityUnavailable
   */
  signIn(): Promise<Principal | null>;
}

/** Callers cannot be authenticated at the moment: it is not known whether a token or a key is valid. */
export class IdentityUnavailable extends Error {
  override readonly name = 'IdentityUnavailable';
}
