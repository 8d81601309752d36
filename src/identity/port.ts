import type { UserCredential } from '../openstack/index.ts';

/** The sender of a request. */
export interface Principal {
  /** The tenant (Keystone: project) on whose behalf the request is made. */
  readonly tenant_id: string;
  /** `true` if the sender may start and cancel copies; `false` if it may only read. */
  readonly may_copy: boolean;
  /**
   * The sender's own credential in the cloud; absent if the identity is not that of a cloud. It MUST NOT be
   * kept longer than the request.
   */
  readonly credential?: UserCredential;
  /**
   * Tells whether the sender may copy images into a tenant: always, if the tenant is the sender's own.
   * @throws IdentityUnavailable
   */
  mayCopyInto(tenantId: string): Promise<boolean>;
}

/** Recognises the senders of requests. Each kind of identity is a file of `src/identity`. */
export interface Identity {
  /**
   * The value of the header `WWW-Authenticate`, which tells a caller without a valid token where to get one.
   */
  readonly challenge?: string;
  /**
   * Returns the owner of a token; `null` if the token is not valid.
   * @throws IdentityUnavailable
   */
  authenticate(token: string): Promise<Principal | null>;
  /**
   * Returns an access key, with which requests can be signed; `null` if there is no such key. If the method
   * is absent, signed requests are not accepted.
   * @throws IdentityUnavailable
   */
  accessKey?(access: string): Promise<AccessKey | null>;
  /** Throws IdentityUnavailable if callers cannot be authenticated at the moment. */
  check(): Promise<void>;
}

/** An access key that a request names. It MUST NOT be stored or logged. */
export interface AccessKey {
  /** The secret with which the request has to be signed. */
  readonly secret: string;
  /**
   * Returns the owner of the key; `null` if the key is not (or no longer) valid. It MUST be called only after
   * the signature was verified.
   * @throws IdentityUnavailable
   */
  signIn(): Promise<Principal | null>;
}

/** Callers cannot be authenticated at the moment: it is not known whether a token or a key is valid. */
export class IdentityUnavailable extends Error {
  override readonly name = 'IdentityUnavailable';
}
